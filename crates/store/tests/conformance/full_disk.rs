//! A disk that fills up: a small tmpfs in its own mount namespace.

use std::{fs, process::Command};

use domain::Kind;
use store::{OpenError, Operation, Options, Store, Tx, op, testing::small_disk};

use crate::samples::{Insert, Names, id};

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
    let Some(disk) = small_disk("full_disk::a_full_disk_refuses_writes_and_nothing_else", "24m") else { return };
    let data = disk.join("data");
    let store = Store::open(Options::new(&data)).await.unwrap();
    store.write(Insert("a")).await.unwrap();
    let ballast = disk.join("ballast");
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
    // A batch of several: all are refused, and none is stored in part.
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
    let Some(disk) = small_disk("full_disk::a_folder_that_cannot_be_written_is_refused", "4m") else { return };
    let data = disk.join("data");
    Store::open(Options::new(&data)).await.unwrap().close().await;
    let remounted = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(remounted.success());
    let Err(error) = Store::open(Options::new(&data)).await else { panic!("it opened") };
    assert!(
        matches!(error, OpenError::NotWritable { .. }) && error.to_string().contains(&*disk.to_string_lossy()),
        "{error}"
    );
    let Err(error) = Store::open(Options::new(disk.join("new"))).await else { panic!("it opened") };
    assert!(matches!(error, OpenError::CannotCreate { .. }), "{error}");
}
