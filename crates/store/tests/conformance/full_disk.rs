//! A disk that fills up: a small tmpfs in a mount namespace of its own.

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use domain::Kind;
use store::{OpenError, Operation, Options, Store, Tx, op};

use crate::samples::{Insert, Names, id};

/// Set in the child process: the folder with the small disk.
const DISK: &str = "STORE_TEST_DISK";

/// Runs the test of this name again, as the only one in its process, with a disk of `size` below [`DISK`].
fn with_disk(test: &str, size: &str) {
    let folder = tempfile::tempdir().unwrap();
    // Root of a user namespace may mount, too, where the system lets users have one.
    let script = format!("mount -t tmpfs -o size={size} tmpfs \"${DISK}\" && exec \"$0\" --exact {test} --nocapture");
    let mut command = Command::new("unshare");
    if !fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0) {
        command.arg("--map-root-user");
    }
    let Output { status, stdout, stderr } = command
        .args(["--mount", "sh", "-c", &script])
        .arg(env::current_exe().unwrap())
        .env(DISK, folder.path())
        .output()
        .expect("unshare of util-linux can be run");
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(!said.contains("unshare failed") && !said.contains("mount:"), "this test must be allowed to mount: {said}");
    assert!(status.success() && said.contains("1 passed"), "{said}");
}

/// Stores a snapshot of 64 KiB.
struct Large;

impl Operation for Large {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> domain::Result<()> {
        let sql = "INSERT INTO snapshot_states (snapshot_id, project_id, state) VALUES (?1, ?2, ?3)";
        let id = id();
        tx.execute(sql, &[&id, &id, &"x".repeat(64 << 10)]).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_nothing_else() {
    let Ok(disk) = env::var(DISK) else {
        return with_disk("full_disk::a_full_disk_refuses_writes_and_nothing_else", "24m");
    };
    let data = Path::new(&disk).join("data");
    let store = Store::open(Options::new(&data)).await.unwrap();
    store.write(Insert("a")).await.unwrap();
    let ballast = Path::new(&disk).join("ballast");
    fs::write(&ballast, vec![0; 8 << 20]).unwrap();

    let mut stored = 0;
    let error = loop {
        match store.write(Large).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(stored > 0);
    assert_eq!((error.kind, error.retry_after_s), (Kind::Unavailable, Some(1)), "{error:?}");
    assert!(error.message.contains("disk"), "{error:?}");
    let uploaded = store.blobs().put(&vec![7; 16 << 20][..], u64::MAX).await.unwrap_err();
    assert_eq!(uploaded.kind, Kind::Unavailable, "{uploaded:?}");
    // A batch of several: all are refused, none is half there.
    for refused in futures_util::future::join_all((0..5).map(|_| store.write(Large))).await {
        assert_eq!(refused.unwrap_err().kind, Kind::Unavailable);
    }
    assert_eq!(store.read(Names).await.unwrap(), ["a"]);

    fs::remove_file(&ballast).unwrap();
    store.write(Large).await.unwrap();
    store.write(Insert("b")).await.unwrap();
    let count = op(|tx| Box::pin(async move { tx.query_opt("SELECT COUNT(*) FROM snapshot_states", &[]).await }));
    assert_eq!(store.read(count).await.unwrap(), Some(stored + 1));
    store.close().await;
    let reopened = Store::open(Options::new(&data)).await.unwrap();
    assert_eq!(reopened.read(Names).await.unwrap(), ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_written_is_refused() {
    let Ok(disk) = env::var(DISK) else {
        return with_disk("full_disk::a_folder_that_cannot_be_written_is_refused", "4m");
    };
    let data = Path::new(&disk).join("data");
    Store::open(Options::new(&data)).await.unwrap().close().await;
    let remounted = Command::new("mount").args(["-o", "remount,ro", &disk]).status().unwrap();
    assert!(remounted.success());
    let Err(error) = Store::open(Options::new(&data)).await else { panic!("it opened") };
    assert!(matches!(error, OpenError::NotWritable { .. }) && error.to_string().contains(&disk), "{error}");
    let Err(error) = Store::open(Options::new(Path::new(&disk).join("new"))).await else { panic!("it opened") };
    assert!(matches!(error, OpenError::CannotCreate { .. }), "{error}");
}
