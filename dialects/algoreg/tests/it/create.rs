//! `POST /api/v1/message`: what each field does, and that it comes back.

use domain::{
    author::Author,
    envelope::Envelope,
    message::{Part, Role},
    reminder::DeliveryState,
    thread::Ticket,
};
use engine::app::people::members::NewMember;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::door::{Door, Reply};

#[tokio::test]
async fn every_field_of_the_contract_is_kept() {
    let door = Door::open().await;
    let before = door.begin(json!({"content": "First", "from_customer_id": "c-1", "ext_msg_id": "m-1"})).await;
    door.create(json!({
        "attachments": [{"file": "aGVsbG8=", "name": "note.txt"}],
        "bcc": "eve@example.com",
        "cc": "bob@example.com; \"Lee, Ann\" <ann@example.com>",
        "content": "Second",
        "delivery": {"kind": "mail", "at": [1, 2.5, null]},
        "ext_msg_id": "m-2",
        "from": "Ann <ann@example.com>",
        "from_customer_id": "c-1",
        "mailbox_id": "box-1",
        "priority": -3,
        "read": true,
        "reply_to_ext_msg_id": "m-1",
        "set_reminder": {"delay": 60, "number_left": 2},
        "subject": "Re: Grüße 世界",
        "thread_id": before.id.to_string(),
        "to": "desk@company.com",
    }))
    .await;
    let messages = door.messages(before.id).await;
    assert_eq!(messages.iter().map(|m| m.role).collect::<Vec<_>>(), [Role::User, Role::Agent, Role::User, Role::Agent]);
    let body = &messages[2].body;
    assert_eq!((body.only_text().as_str(), body.door.as_deref()), ("Second", Some("algoreg")));
    assert!(matches!(&body.content[1], Part::File { name, size_bytes: 5, .. } if name == "note.txt"));
    let envelope = Envelope {
        from: Some("Ann <ann@example.com>".into()),
        from_customer_id: Some("c-1".into()),
        to: vec!["desk@company.com".into()],
        cc: vec!["bob@example.com".into(), "\"Lee, Ann\" <ann@example.com>".into()],
        bcc: vec!["eve@example.com".into()],
        subject: Some("Re: Grüße 世界".into()),
        mailbox: Some("box-1".into()),
        external_id: Some("m-2".into()),
        reply_to_external_id: Some("m-1".into()),
        priority: Some(-3),
        read: Some(true),
        delivery_requested: Some(json!({"kind": "mail", "at": [1, 2.5, null]}).into()),
    };
    assert_eq!(body.envelope.as_ref(), Some(&envelope));
    let reminder = door.test().app.reminder(&door.test().caller, before.id).await.unwrap().expect("a reminder");
    assert_eq!((reminder.delay_s, reminder.number_left), (60, 2));
}

#[tokio::test]
async fn it_is_answered_with_204_and_nothing_else() {
    let door = Door::open().await;
    let body = r#"{"content":"Hello","to":"ann@example.com"}"#;
    let address = door.server.url.strip_prefix("http://").expect("plain HTTP");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /api/v1/message HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        door.test().key,
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, rest) = answer.split_once("\r\n\r\n").expect("a whole head");
    assert!(head.starts_with("HTTP/1.1 204 No Content\r\n"), "{head}");
    let head = head.to_lowercase();
    assert!(!head.contains("transfer-encoding") && !head.contains("\r\ncontent-type:"), "{head}");
    assert!(!head.contains("content-length") || head.contains("content-length: 0"), "{head}");
    assert_eq!(rest, "");
}

#[tokio::test]
async fn null_is_absent_and_unknown_fields_are_ignored() {
    let door = Door::open().await;
    let thread = door
        .begin(json!({
            "attachments": null, "bcc": null, "cc": null, "content": "Hello", "delivery": null, "ext_msg_id": null,
            "from": null, "from_customer_id": null, "mailbox_id": null, "priority": null, "read": null,
            "reply_to_ext_msg_id": null, "subject": null, "thread_id": null, "to": "ann@example.com",
            "status": 7, "x": {"y": []},
        }))
        .await;
    let envelope = door.messages(thread.id).await[0].body.envelope.clone();
    assert_eq!(envelope, Some(Envelope { to: vec!["ann@example.com".into()], ..Envelope::default() }));
}

#[tokio::test]
async fn towards_a_customer_it_is_an_agent_message_that_waits_for_its_delivery() {
    let door = Door::open().await;
    let test = door.test();
    let new = NewMember { email: "max@company.com".into(), ..NewMember::default() };
    test.app.create_member(&test.caller, new, None).await.unwrap();
    for from in [json!(null), json!("Max <max@company.com>")] {
        let thread = door.begin(json!({"content": "Hello", "from": from, "to": "ann@example.com"})).await;
        assert_eq!(thread.ticket, Ticket::Waiting);
        let messages = door.messages(thread.id).await;
        assert_eq!(messages.iter().map(|m| (m.role, m.turn)).collect::<Vec<_>>(), [(Role::Agent, None)]);
        match from.is_null() {
            true => assert_eq!(messages[0].author, Author::Key { key: test.caller.key }),
            false => assert!(matches!(&messages[0].author, Author::Member { email, .. } if email == "max@company.com")),
        }
        let pending = test.app.deliveries(&test.caller, messages[0].id).await.unwrap();
        assert_eq!(pending.iter().map(|d| d.state).collect::<Vec<_>>(), [DeliveryState::Pending]);
    }
}

#[tokio::test]
async fn from_a_customer_it_is_a_user_message_and_answered() {
    let door = Door::open().await;
    for sender in [json!({"from": "ann@example.com"}), json!({"from_customer_id": "c-1"})] {
        let mut body = sender;
        body["content"] = json!("Where is my order?");
        let thread = door.begin(body.clone()).await;
        let messages = door.messages(thread.id).await;
        assert_eq!(messages.iter().map(|m| m.role).collect::<Vec<_>>(), [Role::User, Role::Agent], "{body}");
        assert!(matches!(messages[0].author, Author::Customer { .. }));
        assert!(messages[1].body.plain_text().contains("Where is my order?"));
    }
}

#[tokio::test]
async fn it_goes_to_the_named_thread_then_to_the_replied_one_then_to_a_new_one() {
    let door = Door::open().await;
    let first = door.begin(json!({"content": "1", "from": "ann@example.com", "ext_msg_id": "<1@example.com>"})).await;
    let second = door.begin(json!({"content": "2", "from": "ann@example.com", "subject": "Another"})).await;
    assert_eq!((first.title, second.title.as_deref()), (None, Some("Another")));
    let reply = |thread: Option<String>, to: &str| json!({"content": "3", "from": "ann@example.com", "thread_id": thread, "reply_to_ext_msg_id": to});
    door.create(reply(None, "<1@example.com>")).await;
    door.create(reply(Some(first.id.to_string()), "<1@example.com>")).await;
    door.create(reply(Some(second.id.to_string().to_uppercase()), "unknown")).await;
    assert_eq!(door.messages(first.id).await.len(), 6);
    assert_eq!(door.messages(second.id).await.len(), 4);
    door.begin(reply(None, "unknown")).await;
    let torn = door.post(reply(Some(second.id.to_string()), "<1@example.com>")).await;
    assert!(torn.refused(400, "invalid_parameter").starts_with("reply_to_ext_msg_id: "));
}

#[tokio::test]
async fn it_goes_only_to_contacts_of_the_threads_customers() {
    let door = Door::open().await;
    let thread = door.begin(json!({"content": "1", "from_customer_id": "c-1", "from": "ann@example.com"})).await;
    let to = |address: &str| json!({"content": "2", "thread_id": thread.id.to_string(), "to": address});
    door.create(to("Ann <ANN@example.com>")).await;
    let reply = door.post(to("ann@example.com, eve@example.com")).await;
    let message = reply.refused(400, "contact_not_in_thread");
    assert_eq!(message, "to: eve@example.com is not a contact of this thread's customers");
    assert_eq!(door.messages(thread.id).await.len(), 3);
}

#[tokio::test]
async fn text_is_data() {
    let door = Door::open().await;
    let content = "\u{202e}rtl\u{7} \r\n 🚒 e\u{301}\u{301}\u{301} <script>alert(1)</script> ' OR 1=1 --";
    let thread = door.begin(json!({"content": content, "from": "ann@example.com"})).await;
    assert_eq!(door.messages(thread.id).await[0].body.only_text(), content);
    assert_eq!(door.list(thread.id, "").await["messages"][0]["content"], content);
}

#[tokio::test]
async fn a_delivery_may_be_a_word() {
    let door = Door::open().await;
    let thread = door.begin(json!({"content": "1", "to": "ann@example.com", "delivery": "mail"})).await;
    let envelope = door.messages(thread.id).await[0].body.envelope.clone().expect("an envelope");
    assert_eq!(envelope.delivery_requested, Some("mail".into()));
}

#[tokio::test]
async fn a_charset_and_other_json_types_are_taken() {
    let door = Door::open().await;
    for content_type in ["application/json; charset=utf-8", "application/vnd.algoreg+json"] {
        let request = door.request(reqwest::Method::POST, "/api/v1/message").header("content-type", content_type);
        let reply = Reply::of(request.body(r#"{"content":"x","to":"ann@example.com"}"#)).await;
        assert_eq!(reply.status, 204, "{content_type}");
    }
}
