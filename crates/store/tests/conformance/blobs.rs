//! Bytes of attachments: stored once, completely or not at all.

use std::{fs, path::Path};

use domain::Kind;
use futures_util::future::join_all;
use store::{Blob, testing::Scratch};
use tokio::io::AsyncReadExt;

/// Names of all files under a folder, with their lengths.
fn files(folder: &Path) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()));
        }
    }
    found
}

async fn bytes(db: &Scratch, blob: &Blob) -> Vec<u8> {
    let mut bytes = Vec::new();
    db.store.blobs().open_file(&blob.hash).await.unwrap().unwrap().read_to_end(&mut bytes).await.unwrap();
    bytes
}

#[tokio::test]
async fn bytes_come_back_by_their_hash() {
    let db = Scratch::sqlite().await;
    for body in [&b""[..], b"hello", &[7; 200_000]] {
        let blob = db.store.blobs().put(body, 200_000).await.unwrap();
        assert_eq!((blob.size, bytes(&db, &blob).await.as_slice()), (body.len() as u64, body));
    }
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert!(db.options.data.join("attachments/2c").join(hello).exists());
    assert!(db.store.blobs().open_file(&[0; 32]).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_stored_once() {
    let db = Scratch::sqlite().await;
    let all = join_all((0..16).map(|_| db.store.blobs().put(&[1; 1000][..], 1000))).await;
    let first = *all[0].as_ref().unwrap();
    assert!(all.iter().all(|blob| blob.as_ref().is_ok_and(|blob| *blob == first)));
    assert_eq!(files(&db.options.data.join("attachments")), [(hex::encode(first.hash), 1000)]);
}

#[tokio::test]
async fn too_many_bytes_leave_nothing() {
    let db = Scratch::sqlite().await;
    let refused = db.store.blobs().put(&[1; 1001][..], 1000).await.unwrap_err();
    assert_eq!(refused.kind, Kind::TooLarge);
    let mut begun = db.store.blobs().upload(1000).await.unwrap();
    begun.write(&[1; 600]).await.unwrap();
    assert_eq!(begun.size(), 600);
    begun.write(&[1; 600]).await.unwrap_err();
    drop(begun);
    assert_eq!(files(&db.options.data.join("attachments")), []);
}

#[tokio::test]
async fn what_a_dead_process_left_half_written_is_gone_after_a_start() {
    let db = Scratch::sqlite().await;
    let kept = db.store.blobs().put(&b"kept"[..], 10).await.unwrap();
    let left = db.options.data.join("attachments/incoming/left");
    let (reopened, _folder) = db.reopen(|_| fs::write(&left, "half").unwrap()).await;
    assert!(!left.exists());
    assert!(reopened.unwrap().blobs().open_file(&kept.hash).await.unwrap().is_some());
}
