//! Garbage collection: the bytes that are removed, and those that stay.

use std::{
    fs::{self, File, FileTimes},
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use domain::attachment::Attachment;
use engine::{
    services,
    testing::{Choices, TestApp},
};
use futures_util::stream;

/// Stored bytes without a row, as a refused message leaves them.
async fn unnamed(test: &TestApp, bytes: &[u8]) -> PathBuf {
    path(test, &test.app.prepare_attachment(&test.caller, "a", bytes.to_vec()).await.unwrap())
}

fn path(test: &TestApp, attachment: &Attachment) -> PathBuf {
    let name: String = attachment.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    test.folder.path().join("attachments").join(&name[..2]).join(name)
}

/// Sets the age of a file.
fn age(test: &TestApp, path: &Path, hours: i64) {
    let at = test.app.clock().now().plus_s(-hours * 3_600).0;
    let times = FileTimes::new().set_modified(UNIX_EPOCH + Duration::from_micros(at.unsigned_abs()));
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

#[tokio::test]
async fn old_bytes_that_nothing_names_go_and_all_others_stay() {
    let test = TestApp::start().await;
    let pieces = stream::iter([Ok(b"named".to_vec())]);
    let named = path(&test, &test.app.upload(&test.caller, "a", pieces, None).await.unwrap());
    let [old, fresh] = [unnamed(&test, b"refused").await, unnamed(&test, b"under way").await];
    age(&test, &named, 25);
    age(&test, &old, 25);
    age(&test, &fresh, 23);
    assert_eq!(test.app.run_now::<services::Leftovers>().await.unwrap(), 1);
    assert_eq!([&named, &old, &fresh].map(|path| path.exists()), [true, false, true]);
}

#[tokio::test]
async fn bytes_that_are_stored_once_more_are_a_request_under_way() {
    let test = TestApp::start().await;
    let path = unnamed(&test, b"again").await;
    age(&test, &path, 25);
    unnamed(&test, b"again").await;
    assert_eq!(test.app.run_now::<services::Leftovers>().await.unwrap(), 0);
    assert_eq!(fs::read(&path).unwrap(), b"again");
}

#[tokio::test]
async fn the_bytes_of_a_deleted_attachment_go_unless_another_has_them() {
    let test = TestApp::start().await;
    let upload =
        async |bytes: &'static [u8]| test.app.upload(&test.caller, "a", stream::iter([Ok(bytes)]), None).await.unwrap();
    let picture = b"GIF89a\x01\0\x01\0";
    let [first, second] = [upload(picture).await, upload(picture).await];
    let path = path(&test, &first);
    for (attachment, is_there) in [(first, true), (second, false)] {
        test.app.delete_image(&test.caller, attachment.id).await.unwrap();
        age(&test, &path, 25);
        test.app.run_now::<services::Leftovers>().await.unwrap();
        assert_eq!(path.exists(), is_there);
    }
}

#[tokio::test]
async fn the_bytes_of_another_database_are_never_removed() {
    let test = TestApp::start().await;
    let path = unnamed(&test, b"theirs").await;
    age(&test, &path, 25);
    let folder = test.stop().await;
    for file in ["threadline.db", "threadline.db-wal", "threadline.db-shm"] {
        let _ = fs::remove_file(folder.path().join(file));
    }
    let again = TestApp::with(Choices { folder: Some(folder), ..Choices::default() }).await;
    assert_eq!(again.app.run_now::<services::Leftovers>().await.unwrap(), 0);
    assert!(path.exists());
}
