//! What guests do beside writing: they ask for a person, type, read, leave contact data, and send files.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    AttachmentId, Caller, Code, Kind, MessageId, Result, ThreadId,
    agent::{Guests, Settings},
    caller::Subject,
    codes,
    controls::Policy,
    guests::{Asking, Contact, Day, Files, Hours, Span},
    message::{Body, Part},
    receipt::Standing,
};
use engine::{
    Origin, OriginKind,
    app::{
        handling::ask::Ask,
        messages::{Send, receipts::Wanted},
        people::contacts::ContactChange,
    },
    testing::{Choices, TestApp},
};
use futures_util::stream;

use crate::outcome::code;

const MAY_NOT: (Kind, Code) = (Kind::Forbidden, codes::GUESTS_MAY_NOT);

async fn start(guests: Guests) -> (TestApp, Arc<AtomicI64>) {
    let (clock, us) = TestApp::manual_clock();
    let test = TestApp::with(Choices { clock, ..Choices::default() }).await;
    let_in(&test, guests).await;
    (test, us)
}

async fn let_in(test: &TestApp, guests: Guests) {
    test.default_agent(Settings { guests: Some(guests), ..Settings::default() }).await;
}

async fn guest(test: &TestApp) -> (ThreadId, Caller) {
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap().guest_id.unwrap();
    let (thread, token) = test.app.begin_as_guest(agent, None).await.unwrap();
    (thread.id, test.app.authenticate(&token.text).await.unwrap())
}

async fn ask(test: &TestApp, (thread, caller): &(ThreadId, Caller)) -> Result<bool> {
    let ask = Ask { reason: "a refund".into(), ..Ask::default() };
    let thread = test.app.keyed(None).ask_for_person(caller, *thread, ask).await?;
    Ok(thread.people.wanted.is_some())
}

fn asking(asking: Asking) -> Guests {
    Guests { ask: Some(asking), ..Guests::default() }
}

#[tokio::test]
async fn a_guest_asks_for_a_person_where_the_agent_lets_guests_ask() {
    let (test, _) = start(Guests::default()).await;
    let own = guest(&test).await;
    assert_eq!(code(ask(&test, &own).await), MAY_NOT);
    let of_key = test.app.let_in(&test.caller, Subject::Thread(own.0)).await.unwrap();
    let of_key = test.app.authenticate(&of_key.text).await.unwrap();
    assert!(ask(&test, &(own.0, of_key)).await.unwrap(), "a program of the project has let this reader in");
    let (test, _) = start(asking(Asking::default())).await;
    let own = guest(&test).await;
    assert!(ask(&test, &own).await.unwrap());
    let long = Ask { reason: "x".repeat(501), ..Ask::default() };
    assert_eq!(code(test.app.keyed(None).ask_for_person(&own.1, own.0, long).await).0, Kind::Invalid);
    let more = Ask { silent: true, ..Ask::default() };
    assert_eq!(code(test.app.keyed(None).ask_for_person(&own.1, own.0, more).await).0, Kind::Forbidden);
}

#[tokio::test]
async fn outside_of_the_hours_and_behind_too_many_others_a_guest_is_refused() {
    let open = vec![Span { days: Day::ALL.to_vec(), from: "00:00".into(), to: "00:01".into() }];
    let hours = Some(Hours { time_zone: "UTC".into(), open });
    let (test, us) = start(asking(Asking { hours, most_waiting: Some(2) })).await;
    const DAY_US: i64 = 86_400_000_000;
    let midnight = us.load(Ordering::SeqCst).div_euclid(DAY_US) * DAY_US + DAY_US;
    us.store(midnight + 60_000_000, Ordering::SeqCst);
    let guests = [guest(&test).await, guest(&test).await, guest(&test).await];
    assert_eq!(code(ask(&test, &guests[0]).await), (Kind::Conflict, codes::TEAM_IS_AWAY));
    us.store(midnight + DAY_US, Ordering::SeqCst);
    let guests = [guest(&test).await, guest(&test).await, guest(&test).await];
    assert!(ask(&test, &guests[0]).await.unwrap() && ask(&test, &guests[1]).await.unwrap());
    assert_eq!(code(ask(&test, &guests[2]).await), (Kind::Conflict, codes::TOO_MANY_WAIT));
    assert!(ask(&test, &guests[1]).await.unwrap(), "one who waits already may ask again");
}

#[tokio::test]
async fn a_guest_leaves_the_data_for_which_the_agent_asks() {
    let (test, us) =
        start(Guests { contact: Some(Contact { email: true, ..Contact::default() }), ..Guests::default() }).await;
    let (thread, caller) = guest(&test).await;
    let given = |text: &str| Some(Some(text.to_owned()));
    let change = async |change| test.app.change_contact(&caller, thread, change).await;
    assert_eq!(test.app.contact(&test.caller, thread).await.unwrap(), Default::default());
    let left = change(ContactChange { email: given("Ada@Example.com"), name: None }).await.unwrap();
    assert_eq!((left.email.as_deref(), left.name.as_deref()), (Some("ada@example.com"), None));
    us.fetch_add(1, Ordering::SeqCst);
    assert_eq!(change(ContactChange { email: given("Ada@example.com"), name: None }).await.unwrap(), left, "as before");
    assert_eq!(test.app.contact(&test.caller, thread).await.unwrap(), left);
    assert_eq!(code(change(ContactChange { name: given("Ada"), email: None }).await), MAY_NOT);
    for bad in ["", "nobody", "a@b@c", "a@example.com\r\nBcc: b@example.com"] {
        assert_eq!(code(change(ContactChange { email: given(bad), name: None }).await).0, Kind::Invalid, "{bad}");
    }
    assert_eq!(test.app.contact(&test.caller, thread).await.unwrap(), left, "a refusal has no effect");
    let gone = change(ContactChange { email: Some(None), name: None }).await.unwrap();
    assert_eq!(gone.email, None);
    let by_key = ContactChange { email: given("a@example.com"), name: None };
    assert_eq!(code(test.app.change_contact(&test.caller, thread, by_key).await).0, Kind::Forbidden);
    let (foreign, _) = test.other_project().await;
    assert_eq!(code(test.app.contact(&foreign, thread).await).0, Kind::NotFound);
    let customers = test.app.thread_customers(&test.caller, thread).await.unwrap();
    assert!(customers.is_empty(), "an unchecked address joins nobody");
}

#[tokio::test]
async fn messages_are_read_up_to_one() {
    let (test, _) = start(Guests::default()).await;
    let (thread, caller) = guest(&test).await;
    for text in ["one", "two", "three"] {
        test.say(thread, text, Policy::Queue).await;
        test.settle(thread).await;
    }
    let messages = test.messages(thread).await;
    test.app.note_read_up_to(&caller, thread, messages[4].id).await.unwrap();
    test.app.note_read_up_to(&caller, thread, messages[0].id).await.unwrap();
    let wanted = Wanted { after: Some(0), limit: 10, ..Wanted::default() };
    let (_, listed) = test.app.list_receipted(&caller, thread, wanted).await.unwrap();
    let stand: Vec<Standing> = listed.rows.iter().map(|(_, receipt)| receipt.standing).collect();
    let [own, read, sent] = [Standing::Received, Standing::Read, Standing::Sent];
    assert_eq!(stand, [own, read, own, read, own, sent]);
    let (other, _) = guest(&test).await;
    assert_eq!(code(test.app.note_read_up_to(&caller, other, messages[5].id).await).0, Kind::NotFound);
    let unknown = MessageId(uuid::Uuid::from_u128(1));
    assert_eq!(code(test.app.note_read_up_to(&caller, thread, unknown).await).0, Kind::NotFound);
}

async fn upload(test: &TestApp, own: &(ThreadId, Caller), bytes: &[u8], key: Option<&str>) -> Result<AttachmentId> {
    let origin = key.map(|key| Origin::new(OriginKind::Request, "upload", key, [0; 32]));
    let bytes = stream::iter([Ok(bytes.to_vec())]);
    Ok(test.app.upload_as_guest(&own.1, own.0, "letter.txt", bytes, origin).await?.id)
}

async fn send(test: &TestApp, own: &(ThreadId, Caller), id: AttachmentId) -> Result<Vec<Part>> {
    let parts = test.app.files_as_guest(&own.1, own.0, vec![id], "files").await?;
    let sent = Send::new(own.0, Body { content: parts, ..Body::default() }, Policy::Queue);
    Ok(test.app.send(&own.1, sent).await?.message.body.content)
}

fn files(types: &[&str], bytes: i64) -> Guests {
    let types = types.iter().map(|own| (*own).to_owned()).collect();
    Guests { files: Some(Files { types, bytes }), ..Guests::default() }
}

#[tokio::test]
async fn a_guest_sends_files_of_the_types_and_sizes_that_the_agent_takes() {
    let (test, _) = start(Guests::default()).await;
    let own = guest(&test).await;
    assert_eq!(code(upload(&test, &own, b"words", None).await), MAY_NOT);
    let_in(&test, files(&["text/*"], 5)).await;
    let id = upload(&test, &own, b"words", None).await.unwrap();
    let said = send(&test, &own, id).await.unwrap();
    assert!(matches!(&said[..], [Part::File { attachment, size_bytes: 5, .. }] if *attachment == id), "{said:?}");
    assert_eq!(code(upload(&test, &own, b"words!", None).await).0, Kind::TooLarge);
    let picture = b"\x89PNG";
    let_in(&test, files(&["image/png"], 100)).await;
    assert_eq!(code(upload(&test, &own, b"words", None).await), (Kind::Invalid, codes::FILE_NOT_TAKEN));
    assert_eq!(code(upload(&test, &own, &[&picture[..3], b"x"].concat(), None).await).1, codes::FILE_NOT_TAKEN);
    assert_eq!(code(upload(&test, &(own.0, test.caller.clone()), picture, None).await).0, Kind::Forbidden);
}

#[tokio::test]
async fn a_guest_names_no_file_but_the_own_threads() {
    let (test, _) = start(files(&["text/*"], 100)).await;
    let (own, other) = (guest(&test).await, guest(&test).await);
    let theirs = upload(&test, &other, b"theirs", None).await.unwrap();
    let projects = test.app.upload(&test.caller, "a.txt", stream::iter([Ok(b"project".to_vec())]), None).await.unwrap();
    for id in [theirs, projects.id, AttachmentId(uuid::Uuid::from_u128(1))] {
        assert_eq!(code(send(&test, &own, id).await), (Kind::Invalid, codes::ATTACHMENT_NOT_FOUND));
        let forged = Part::File { attachment: id, name: "a".into(), media_type: "text/plain".into(), size_bytes: 1 };
        let sent = Send::new(own.0, Body { content: vec![forged], ..Body::default() }, Policy::Queue);
        assert_eq!(code(test.app.send(&own.1, sent).await).0, Kind::Forbidden);
    }
    assert!(test.messages(own.0).await.is_empty(), "nothing was said");
}

#[tokio::test]
async fn a_file_that_is_sent_again_by_its_name_is_stored_once_and_a_thread_takes_no_flood() {
    let most = |limits: &mut domain::Limits| limits.guest_files = 2;
    let mut limits = domain::Limits::default();
    most(&mut limits);
    let test = TestApp::with(Choices { limits, ..Choices::default() }).await;
    let_in(&test, files(&["text/*"], 100)).await;
    let own = guest(&test).await;
    let first = upload(&test, &own, b"one", Some("k")).await.unwrap();
    assert_eq!(upload(&test, &own, b"one", Some("k")).await.unwrap(), first);
    assert_eq!(code(upload(&test, &own, b"two", Some("k")).await).0, Kind::Conflict);
    upload(&test, &own, b"two", None).await.unwrap();
    assert_eq!(code(upload(&test, &own, b"three", None).await), (Kind::Forbidden, codes::TOO_MANY_FILES));
    assert_eq!(upload(&test, &own, b"one", Some("k")).await.unwrap(), first, "a replay is no other file");
    let other = guest(&test).await;
    upload(&test, &other, b"three", None).await.unwrap();
}
