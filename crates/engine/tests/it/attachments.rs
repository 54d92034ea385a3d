//! Attachments.

use std::{ops::Range, path::Path};

use domain::{
    AttachmentId, Error, Kind, Limits, Result,
    attachment::Attachment,
    caller::{Scope, Scopes},
    codes,
};
use engine::{
    Origin,
    secret::sha256,
    testing::{Choices, TestApp},
};
use futures_util::stream;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use crate::outcome::{code, origin};

/// Uploads `bytes` in pieces of three.
async fn upload(test: &TestApp, name: &str, bytes: &[u8], origin: Option<Origin>) -> Result<Attachment> {
    let pieces: Vec<Result<Vec<u8>>> = bytes.chunks(3).map(|piece| Ok(piece.to_vec())).collect();
    test.app.upload(&test.caller, name, stream::iter(pieces), origin).await
}

async fn read(test: &TestApp, attachment: &Attachment, range: Option<Range<u64>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = test.app.attachment_bytes(attachment, range).await.expect("the bytes");
    reader.read_to_end(&mut bytes).await.expect("a file that reads");
    bytes
}

/// How many files with bytes lie in the data folder.
fn files(test: &TestApp) -> usize {
    let entries = |path: &Path| std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries(&test.folder.path().join("attachments")).map(|folder| entries(&folder).count()).sum()
}

#[tokio::test]
async fn bytes_come_back_under_a_safe_name_and_their_own_type() {
    let test = TestApp::start().await;
    let attachment = upload(&test, "..\\secret/../note\n.png", b"only text", None).await.unwrap();
    assert_eq!((attachment.name.as_str(), attachment.media_type.as_str()), ("note.png", "text/plain"));
    assert_eq!((attachment.hash, attachment.size_bytes), (sha256(b"only text"), 9));
    assert_eq!(test.app.attachment(&test.caller, attachment.id).await.unwrap(), attachment);
    assert_eq!(read(&test, &attachment, None).await, b"only text");
    assert_eq!(read(&test, &attachment, Some(5..9)).await, b"text");
    assert_eq!(read(&test, &attachment, Some(0..4)).await, b"only");
    assert_eq!(read(&test, &attachment, Some(8..100)).await, b"t");
    let picture = upload(&test, "a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None).await.unwrap();
    assert!(picture.is_image());
}

#[tokio::test]
async fn the_same_bytes_are_stored_once() {
    let test = TestApp::start().await;
    let (a, b) = (upload(&test, "a", b"same", None).await.unwrap(), upload(&test, "b", b"same", None).await.unwrap());
    assert_eq!(a.hash, b.hash);
    assert_ne!((a.id, a.name), (b.id, b.name));
    assert_eq!(files(&test), 1);
}

#[tokio::test]
async fn a_file_that_is_too_large_or_breaks_off_leaves_nothing() {
    let limits = Limits { upload_bytes: 8, ..Limits::default() };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    assert_eq!(code(upload(&test, "a", b"123456789", None).await).0, Kind::TooLarge);
    assert_eq!(code(test.app.prepare_attachment(&test.caller, "a", b"123456789".to_vec()).await).0, Kind::TooLarge);
    let pieces = [Ok(b"123".to_vec()), Err(Error::unavailable("the body broke off"))];
    assert_eq!(code(test.app.upload(&test.caller, "a", stream::iter(pieces), None).await).0, Kind::Unavailable);
    assert_eq!(files(&test), 0);
    assert_eq!(upload(&test, "a", b"12345678", None).await.unwrap().size_bytes, 8);
}

#[tokio::test]
async fn an_upload_is_repeated_by_its_key_and_only_with_its_bytes() {
    let test = TestApp::start().await;
    let first = upload(&test, "a", b"same", origin("k", "upload")).await.unwrap();
    assert_eq!(upload(&test, "a", b"same", origin("k", "upload")).await.unwrap(), first);
    let other_bytes = upload(&test, "a", b"different", origin("k", "upload")).await;
    assert_eq!(code(other_bytes), (Kind::Conflict, codes::ORIGIN_KEY_REUSED));
    let other_name = upload(&test, "b", b"same", origin("k", "upload")).await;
    assert_eq!(code(other_name), (Kind::Conflict, codes::ORIGIN_KEY_REUSED));
}

#[tokio::test]
async fn nobody_sees_what_is_another_projects_or_not_yet_sent() {
    let test = TestApp::start().await;
    let (other, _) = test.other_project().await;
    let mine = upload(&test, "a", b"mine", None).await.unwrap();
    let unsent = test.app.prepare_attachment(&test.caller, "a", b"mine".to_vec()).await.unwrap();
    assert_eq!(unsent.hash, mine.hash);
    let not_found = (Kind::NotFound, codes::ATTACHMENT_NOT_FOUND);
    assert_eq!(code(test.app.attachment(&other, mine.id).await), not_found);
    assert_eq!(code(test.app.attachment(&test.caller, unsent.id).await), not_found);
    assert_eq!(code(test.app.attachment(&test.caller, AttachmentId(Uuid::nil())).await), not_found);

    let reader = test.app.authenticate(&test.new_key(Scopes::of(&[Scope::Read])).await).await.unwrap();
    assert_eq!(test.app.attachment(&reader, mine.id).await.unwrap(), mine);
    let piece = || stream::iter([Ok(b"x")]);
    assert_eq!(code(test.app.upload(&reader, "a", piece(), None).await).0, Kind::Forbidden);
}

#[tokio::test]
async fn bytes_that_lie_elsewhere_are_not_there_at_the_moment() {
    let test = TestApp::start().await;
    let attachment = upload(&test, "a.txt", b"elsewhere", None).await.unwrap();
    std::fs::remove_dir_all(test.folder.path().join("attachments")).unwrap();
    let error = test.app.attachment_bytes(&attachment, None).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("not in this server's data folder"), "{error:?}");
    upload(&test, "a.txt", b"elsewhere", None).await.expect("the folder is made anew");
    assert_eq!(read(&test, &attachment, None).await, b"elsewhere");
}
