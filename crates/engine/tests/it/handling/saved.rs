//! Saved replies.

use domain::{
    Caller, Code, Kind, Limits,
    caller::{Scope, Scopes, Subject},
    codes,
};
use engine::{
    app::saved_replies::SavedReplyPatch,
    testing::{Choices, TestApp},
};

async fn save(test: &TestApp, caller: &Caller, name: &str, text: &str) -> Result<domain::project::SavedReply, Code> {
    test.app.create_saved_reply(caller, name.into(), text.into(), None).await.map_err(|error| error.code)
}

#[tokio::test]
async fn a_reply_is_saved_changed_and_removed_and_each_act_is_recorded() {
    let test = TestApp::start().await;
    let hello = save(&test, &test.caller, "hello", "Hello,\nhow can I help?").await.unwrap();
    let bye = save(&test, &test.caller, "bye", "Bye.").await.unwrap();
    let listed = test.app.list_saved_replies(&test.caller, None, 9).await.unwrap();
    assert_eq!(listed, [bye.clone(), hello.clone()]);
    assert_eq!(save(&test, &test.caller, "bye", "x").await, Err(codes::SAVED_REPLY_EXISTS));
    let patch = |name: Option<&str>, text: Option<&str>| SavedReplyPatch {
        name: name.map(Into::into),
        text: text.map(Into::into),
    };
    let taken = test.app.update_saved_reply(&test.caller, bye.id, patch(Some("hello"), None)).await.unwrap_err();
    assert_eq!(taken.code, codes::SAVED_REPLY_EXISTS);
    let changed = test.app.update_saved_reply(&test.caller, bye.id, patch(None, Some("Good bye."))).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.text.as_str()), ("bye", "Good bye."));
    test.app.delete_saved_reply(&test.caller, bye.id).await.unwrap();
    let gone = test.app.delete_saved_reply(&test.caller, bye.id).await.unwrap_err();
    assert_eq!(gone.code, codes::SAVED_REPLY_NOT_FOUND);
    let audit = test.app.list_audit(&test.caller, None, 99).await.unwrap();
    let mut acts: Vec<String> = audit.into_iter().map(|record| record.action).collect();
    acts.sort();
    let expected = ["change_saved_reply", "create_saved_reply", "create_saved_reply", "delete_saved_reply"];
    assert_eq!(acts, expected);
}

#[tokio::test]
async fn saved_replies_are_of_one_project_and_for_its_keys_alone() {
    let test = TestApp::start().await;
    let own = save(&test, &test.caller, "hello", "Hello.").await.unwrap();
    let (other, _) = test.other_project().await;
    save(&test, &other, "hello", "Hello.").await.unwrap();
    assert_eq!(test.app.saved_reply(&other, own.id).await.unwrap_err().code, codes::SAVED_REPLY_NOT_FOUND);
    let patch = SavedReplyPatch { text: Some("x".into()), ..SavedReplyPatch::default() };
    assert_eq!(test.app.update_saved_reply(&other, own.id, patch).await.unwrap_err().kind, Kind::NotFound);
    assert_eq!(test.app.delete_saved_reply(&other, own.id).await.unwrap_err().kind, Kind::NotFound);
    let guest = Caller { subject: Subject::Thread(test.thread().await.id), ..test.caller.clone() };
    assert_eq!(test.app.list_saved_replies(&guest, None, 9).await.unwrap_err().kind, Kind::Forbidden);
    let reader = test.new_key(Scopes::of(&[Scope::Read])).await;
    let reader = test.app.authenticate(&reader).await.unwrap();
    assert_eq!(test.app.saved_reply(&reader, own.id).await.unwrap(), own);
    assert_eq!(save(&test, &reader, "x", "x").await, Err(codes::FORBIDDEN));
}

#[tokio::test]
async fn saved_replies_have_their_limits() {
    let limits = Limits { saved_replies: 1, saved_reply_chars: 5, ..Choices::default().limits };
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    for (name, text) in [("", "x"), ("a\nb", "x"), ("x", ""), ("x", "123456"), (&*"x".repeat(65), "x")] {
        let refused = test.app.create_saved_reply(&test.caller, name.into(), text.into(), None).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Invalid, "{name:?} {text:?}");
    }
    save(&test, &test.caller, "x", "12345").await.unwrap();
    assert_eq!(save(&test, &test.caller, "y", "x").await, Err(codes::TOO_MANY_SAVED_REPLIES));
}
