//! The form of a sealed secret, and the refusals.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;

const ONE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const TWO: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

const PLACE: Place =
    Place { project: ProjectId(Uuid::from_u128(1)), column: Column::SnapshotState, row: Uuid::from_u128(2) };

fn sealing(keys: &str) -> Sealing {
    Sealing::with(keys.parse().unwrap())
}

fn seal(sealing: &Sealing, secret: &str) -> StoredSecret {
    sealing.seal(&Clock::System, &PLACE, secret).unwrap()
}

/// The reason of a refusal. Neither the message nor the reason has a secret.
fn refused(sealing: &Sealing, place: &Place, stored: &StoredSecret) -> String {
    let error = sealing.open(place, stored).unwrap_err();
    assert_eq!((error.kind, error.code), (Kind::Unavailable, codes::SECRET_UNREADABLE));
    let said = format!("{error:?}");
    assert!(!said.contains("live") && !said.contains(stored.as_str()), "{said}");
    error.source.unwrap().to_string()
}

#[test]
fn a_secret_opens_in_its_own_place_alone() {
    let sealing = sealing(ONE);
    let stored = seal(&sealing, "live ä");
    assert!(stored.as_str().starts_with("sealed:1:") && !stored.as_str().contains("live"));
    assert_eq!(sealing.open(&PLACE, &stored).unwrap(), "live ä");
    for other in [
        Place { project: ProjectId(Uuid::from_u128(3)), ..PLACE },
        Place { row: Uuid::from_u128(3), ..PLACE },
        Place { column: Column::WebhookAuthorization, ..PLACE },
    ] {
        assert!(refused(&sealing, &other, &stored).contains("of another place"), "{other:?}");
    }
}

#[test]
fn the_same_secret_is_sealed_differently_each_time() {
    let sealing = sealing(ONE);
    assert_ne!(seal(&sealing, "live"), seal(&sealing, "live"));
    assert_eq!(sealing.open(&PLACE, &seal(&sealing, "")).unwrap(), "");
}

#[test]
fn a_changed_text_does_not_open() {
    let sealing = sealing(ONE);
    let text = seal(&sealing, "live").as_str().to_owned();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = StoredSecret::new(String::from_utf8(bytes).unwrap());
        if at < FORM.len() {
            // It is no sealed secret any more.
            assert_eq!(sealing.open(&PLACE, &changed).unwrap(), changed.as_str());
        } else {
            refused(&sealing, &PLACE, &changed);
        }
    }
    for length in FORM.len()..text.len() {
        refused(&sealing, &PLACE, &StoredSecret::new(&text[..length]));
    }
}

#[test]
fn a_secret_in_clear_is_read_as_it_is() {
    for sealing in [Sealing::none(), sealing(ONE)] {
        assert_eq!(sealing.open(&PLACE, &StoredSecret::new("Basic live")).unwrap(), "Basic live");
        assert_eq!(sealing.state("Basic live"), State::Clear);
    }
}

#[test]
fn the_first_key_seals_and_all_keys_open() {
    let (old, both, new) = (sealing(ONE), sealing(&format!("{TWO},\n {ONE}\n")), sealing(TWO));
    let before = seal(&old, "live");
    let after = seal(&both, "live");
    assert_eq!(both.open(&PLACE, &before).unwrap(), "live");
    assert_eq!(new.open(&PLACE, &after).unwrap(), "live");
    assert!(refused(&new, &PLACE, &before).contains("its key 4773d12e is not among the sealing keys"));
    assert!(refused(&Sealing::none(), &PLACE, &before).contains("4773d12e"));
    assert_eq!((both.state(before.as_str()), both.state(after.as_str())), (State::Earlier, State::Current));
    assert_eq!(old.state(after.as_str()), State::Unknown(after.as_str()[9..17].into()));
}

#[test]
fn without_a_key_nothing_is_stored() {
    let refusal = Sealing::none().seal(&Clock::System, &PLACE, "live").unwrap_err();
    assert_eq!((refusal.kind, refusal.code), (Kind::Conflict, codes::SEALING_KEY_MISSING));
    assert!(refusal.message.contains("`sealing_key`"), "{refusal}");
}

/// Place, secret and sealed secret of the first version.
#[test]
fn secrets_of_every_version_are_read() {
    let sealing = sealing(ONE);
    let mut rows = 0;
    for line in include_str!("golden-1.txt").lines() {
        let [column, project, row, secret, stored] = line.splitn(5, '\t').collect::<Vec<_>>().try_into().unwrap();
        let column = Column::ALL.iter().find(|one| format!("{}.{}", one.table(), one.field()) == column);
        let project = ProjectId(project.parse().unwrap());
        let place = Place { project, column: *column.unwrap(), row: row.parse().unwrap() };
        assert_eq!(sealing.open(&place, &StoredSecret::new(stored)).unwrap(), secret, "{line}");
        rows += 1;
    }
    assert_eq!(rows, 4);
}

#[test]
fn keys_that_cannot_be_are_refused_without_their_text() {
    let twice = format!("{ONE},{TWO},{ONE}");
    for written in ["", " , ", "live", &ONE[1..], &ONE.replace('0', "x"), &format!("{ONE}{TWO}"), &twice] {
        let why = written.parse::<Keys>().unwrap_err();
        assert!(why.starts_with("must ") && !why.contains("live"), "{why}");
    }
    let keys: Keys = format!("{ONE},{TWO}").to_uppercase().parse().unwrap();
    assert_eq!(format!("{keys:?}").matches('"').count(), 4, "the ids alone");
    assert!(!format!("{keys:?}").contains(&ONE[..16]));
}

#[test]
fn the_first_secret_of_a_folder_makes_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealing.key");
    let sealing = Sealing::of_file(&path).unwrap();
    assert!(!path.exists() && sealing.has_key());
    let stored = seal(&sealing, "live");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(Sealing::of_file(&path).unwrap().open(&PLACE, &stored).unwrap(), "live");
}

#[test]
fn a_key_that_was_restored_since_the_start_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealing.key");
    let sealing = Sealing::of_file(&path).unwrap();
    fs::write(&path, ONE).unwrap();
    assert_eq!(self::sealing(ONE).open(&PLACE, &seal(&sealing, "live")).unwrap(), "live");
    assert_eq!(fs::read_to_string(&path).unwrap(), ONE);
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sealing.key");
    fs::write(&path, "live").unwrap();
    let why = Sealing::of_file(&path).unwrap_err();
    assert!(why.contains(path.to_str().unwrap()) && why.contains("64 hex digits") && !why.contains("live"), "{why}");
    assert!(Sealing::of_file(folder.path()).unwrap_err().contains("cannot be read"));
    // A key that cannot be kept seals nothing.
    let sealing = Sealing::of_file(&folder.path().join("missing/sealing.key")).unwrap();
    let refusal = sealing.seal(&Clock::System, &PLACE, "live").unwrap_err();
    assert_eq!((refusal.kind, refusal.code), (Kind::Unavailable, codes::UNAVAILABLE));
}
