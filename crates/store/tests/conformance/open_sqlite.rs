//! Data folders that cannot be opened: each says why and what to do, and is left as it is.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use rusqlite::Connection;
use store::{OpenError, Options, Store, op, testing::Scratch};

use crate::samples::{Insert, Names, id};

/// Opens `path`, which must fail with an error that names it.
async fn refused(path: &Path) -> OpenError {
    let Err(error) = Store::open(Options::new(path)).await else { panic!("{} opened", path.display()) };
    let said = error.to_string();
    assert!(said.contains(path.to_str().unwrap()), "{said}");
    error
}

/// A closed store with one row, and the path of its database.
async fn closed() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Options::new(folder.path())).await.unwrap();
    store.write(Insert("a")).await.unwrap();
    store.close().await;
    let database = folder.path().join("threadline.db");
    (folder, database)
}

#[tokio::test]
async fn what_is_made_is_its_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("a/b");
    let store = Store::open(Options::new(&data)).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (name, expected) in
        [("", 0o700), ("attachments", 0o700), ("threadline.db", 0o600), ("threadline.db-wal", 0o600)]
    {
        assert_eq!(mode(&data.join(name)), expected, "{name}");
    }
    store.close().await;
}

#[tokio::test]
async fn a_second_store_on_the_same_folder_is_refused_until_the_first_is_closed() {
    let db = Scratch::sqlite().await;
    assert!(matches!(refused(&db.options.data).await, OpenError::InUse { .. }));
    db.store.write(Insert("a")).await.unwrap();
    let (reopened, _folder) = db.reopen(|_| {}).await;
    assert_eq!(reopened.unwrap().read(Names).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn the_write_ahead_log_is_empty_after_closing() {
    let (_folder, database) = closed().await;
    let log = database.with_extension("db-wal");
    assert!(!log.exists() || fs::metadata(&log).unwrap().len() == 0);
}

#[tokio::test]
async fn the_write_ahead_log_is_moved_to_the_database_and_stays_bounded_while_the_store_is_open() {
    let db = Scratch::sqlite().await;
    let file = |name: &str| fs::metadata(db.options.data.join(name)).unwrap().len();
    let before = file("threadline.db");
    for _ in 0..320 {
        let add = op(|tx| {
            Box::pin(async move {
                let sql = "INSERT INTO projects (id, name, created_at) VALUES (?1, ?2, 0)";
                let id = id();
                tx.execute(sql, &[&id, &id.to_string().repeat(3_000)]).await
            })
        });
        db.store.write(add).await.unwrap();
    }
    // More than twice as much was written as the log may hold: 8,192 pages, and what one commit adds.
    let log = file("threadline.db-wal");
    assert!(log < 9_000 * 4_200, "{log}");
    while file("threadline.db") < before + (20 << 20) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_installation_secret_stays_the_same() {
    let db = Scratch::sqlite().await;
    let secret = db.store.secret();
    assert_ne!(secret, [0; 32]);
    let (reopened, _folder) = db.reopen(|_| {}).await;
    assert_eq!(reopened.unwrap().secret(), secret);
    assert_ne!(Scratch::sqlite().await.store.secret(), secret);
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    fs::write(&data, "mine").unwrap();
    assert!(matches!(refused(&data).await, OpenError::NotAFolder { .. }));
    assert!(matches!(refused(&data.join("below")).await, OpenError::CannotCreate { .. }));
    assert_eq!(fs::read(&data).unwrap(), b"mine");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (folder, database) = closed().await;
    Connection::open(&database)
        .unwrap()
        .execute("INSERT INTO schema_migrations (version, name, at) VALUES (999, 'tomorrow', 0)", [])
        .unwrap();
    let before = fs::read(&database).unwrap();
    let error = refused(folder.path()).await;
    assert!(matches!(error, OpenError::Newer { found: 999, .. }), "{error}");
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let (folder, database) = closed().await;
    let garbage = b"this was never a database ".repeat(1000);
    fs::write(&database, &garbage).unwrap();
    assert!(matches!(refused(folder.path()).await, OpenError::NotADatabase { .. }));
    assert_eq!(fs::read(&database).unwrap(), garbage);
}

#[tokio::test]
async fn a_damaged_database_is_refused_and_left_alone() {
    let (folder, database) = closed().await;
    let whole = fs::read(&database).unwrap();
    let mut overwritten = whole.clone();
    overwritten[4096 * 3..4096 * 5].fill(0xAA);
    for damaged in [&whole[..whole.len() / 2], &overwritten] {
        fs::write(&database, damaged).unwrap();
        let error = refused(folder.path()).await;
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
        assert_eq!(fs::read(&database).unwrap(), damaged);
    }
    fs::write(&database, &whole).unwrap();
    let store = Store::open(Options::new(folder.path())).await.unwrap();
    assert_eq!(store.read(Names).await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("threadline.db");
    Connection::open(&database)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .unwrap();
    let before = fs::read(&database).unwrap();
    assert!(matches!(refused(folder.path()).await, OpenError::Foreign { .. }));
    assert_eq!(fs::read(&database).unwrap(), before);
}
