//! A guest's stream with `include`: named events beside the vendor's.

use domain::{
    agent::{Guests, Settings},
    controls::Policy,
    event::Item,
    handling::Typing,
    script::Reply as Said,
};
use engine::app::handling::{hand_back::HandBack, note::NewNote, presence::Presence};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    chat::{Guest, SHOP, begin, open, set_guests},
    client::{Door, Events, Refused, Reply},
};

const ALL: &str = "include=own,deltas,typing,handling";

async fn follow(door: &Door, guest: &Guest, query: &str) -> Events {
    let path = format!("{}/stream?ticket={}&{query}", guest.path, guest.ticket(door).await);
    let response = door.request(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(response.status(), 200, "{response:?}");
    Events::of(response)
}

/// The name, the id and the data of the next event.
async fn next(stream: &mut Events) -> (String, Option<String>, Value) {
    let block = stream.next().await.expect("an event");
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let data = field("data: ").unwrap_or_else(|| panic!("{block}"));
    let data = serde_json::from_str(&data).unwrap_or_else(|why| panic!("{why}: {block}"));
    (field("event: ").unwrap_or_default(), field("id: "), data)
}

async fn script(door: &Door, script: Vec<Said>) {
    let guests = Some(Guests { origins: vec![SHOP.into()], ..Guests::default() });
    let model = Some("scripted".into());
    let display_name = Some("Shop".into());
    door.server.test.default_agent(Settings { guests, model, script, display_name, ..Settings::default() }).await;
}

#[tokio::test]
async fn a_visitor_sees_own_words_pieces_the_answer_and_who_speaks() {
    let door = open(|_| ()).await;
    script(&door, vec![Said { text: Some("one two three".into()), chunks: Some(3), ..Said::default() }]).await;
    let (guest, test) = (begin(&door).await, &door.server.test);
    let mut stream = follow(&door, &guest, ALL).await;
    let (event, id, data) = next(&mut stream).await;
    assert_eq!((event.as_str(), id), ("handling", None));
    assert_eq!(data, json!({"handling": "agent", "name": "Shop", "wanted": false}));
    guest.call(&door, Method::POST, "/messages", Some(&json!({"message": "hello", "clientKey": "m-1"}))).await;
    let (event, id, data) = next(&mut stream).await;
    assert_eq!((event.as_str(), id.as_deref()), ("inbound", data["id"].as_str()));
    assert_eq!((&data["clientKey"], &data["author"]), (&json!("m-1"), &json!({"kind": "visitor", "name": null})));
    let mut shown = String::new();
    let (id, answer) = loop {
        let (event, id, data) = next(&mut stream).await;
        match event.as_str() {
            "delta" => {
                assert_eq!((id, &data["offset"]), (None, &json!(shown.chars().count())));
                shown.push_str(data["text"].as_str().expect("a text"));
            }
            "" => break (id, data),
            other => panic!("{other}: {data}"),
        }
    };
    assert!("one two three".starts_with(&shown), "{shown}");
    assert_eq!((id.as_deref(), &answer["messageBody"]), (answer["id"].as_str(), &json!("one two three")));
    assert_eq!(answer["author"], json!({"kind": "assistant", "name": "Shop"}));
    test.settle(guest.thread).await;
    let email = test.take(guest.thread).await;
    let (event, _, data) = next(&mut stream).await;
    assert_eq!((event.as_str(), data), ("handling", json!({"handling": "person", "name": "Ann", "wanted": false})));
    let note = NewNote {
        member: email.clone(),
        text: "a secret".into(),
        mentions: vec![email.clone()],
        for_agent: false,
        attachments: Vec::new(),
    };
    test.app.keyed(None).note(&test.caller, guest.thread, note).await.expect("a note");
    test.reply(guest.thread, &email, "Hello, this is Ann").await;
    let (event, _, data) = next(&mut stream).await;
    assert_eq!((event.as_str(), &data["author"]), ("", &json!({"kind": "person", "name": "Ann"})), "{data}");
    let back = HandBack { member: Some(email.clone()), ..HandBack::default() };
    test.app.keyed(None).hand_back(&test.caller, guest.thread, back).await.expect("a hand-back");
    let (event, _, data) = next(&mut stream).await;
    assert_eq!((event.as_str(), &data["handling"]), ("handling", &json!("agent")));
    test.app.close_thread(&test.caller, guest.thread, Some("a secret".into())).await.expect("a thread to close");
    assert_eq!(next(&mut stream).await, ("closed".into(), None, json!({})));
}

#[tokio::test]
async fn a_new_connection_begins_an_unfinished_message_again_and_a_left_one_is_reset() {
    let door = open(|_| ()).await;
    script(&door, vec![Said { text: Some("one two three".into()), hang: true, ..Said::default() }]).await;
    let (guest, test) = (begin(&door).await, &door.server.test);
    let sent = test.say(guest.thread, "hello", Policy::Queue).await;
    test.until(guest.thread, |item| matches!(item, Item::Delta(_))).await;
    let mut shown = Vec::new();
    for query in ["include=deltas".to_owned(), format!("include=deltas&lastEventId={}", sent.message.id)] {
        let mut stream = follow(&door, &guest, &query).await;
        let (event, id, data) = next(&mut stream).await;
        assert_eq!((event.as_str(), id, &data["offset"]), ("delta", None, &json!(0)), "{query}: {data}");
        shown.push((stream, data["id"].clone()));
    }
    let turn = sent.turn.expect("a turn").0;
    test.app.keyed(None).cancel_turn(&test.caller, guest.thread, turn).await.expect("a turn to cancel");
    for (mut stream, id) in shown {
        loop {
            let (event, own, data) = next(&mut stream).await;
            match event.as_str() {
                "delta" => {}
                // What was shown is kept as an interrupted message, or taken back.
                "" => break assert_eq!(own.as_deref(), id.as_str()),
                "reset" => break assert_eq!(data["id"], id),
                other => panic!("{other}: {data}"),
            }
        }
    }
}

#[tokio::test]
async fn a_stream_includes_only_what_it_knows() {
    let door = open(|_| ()).await;
    let guest = begin(&door).await;
    for include in ["", "everything", "own,,deltas", "Own", "own, deltas"] {
        let path = format!("{}/stream?ticket={}&include={include}", guest.path, guest.ticket(&door).await);
        Reply::of(door.request(Method::GET, &path)).await.bad();
    }
}

#[tokio::test]
async fn no_answer_to_a_guest_tells_a_note_a_reason_or_a_member() {
    let door = open(|_| ()).await;
    let (guest, test) = (begin(&door).await, &door.server.test);
    let mut stream = follow(&door, &guest, ALL).await;
    let email = test.take(guest.thread).await;
    let member =
        test.app.thread(&test.caller, guest.thread).await.expect("the thread").people.holder().expect("a holder");
    for n in 0..20 {
        let note = NewNote {
            member: email.clone(),
            text: format!("marker {n}"),
            mentions: vec![email.clone()],
            for_agent: n % 2 == 0,
            attachments: Vec::new(),
        };
        test.app.keyed(None).note(&test.caller, guest.thread, note).await.expect("a note");
    }
    test.reply(guest.thread, &email, "Hello").await;
    test.app.close_thread(&test.caller, guest.thread, Some("marker of a reason".into())).await.expect("a close");
    let mut told = Vec::new();
    while told.last().is_none_or(|block: &String| !block.contains("event: closed")) {
        told.push(stream.next().await.expect("an event"));
    }
    for below in ["", "/messages?include=author,attachments,clientKey,handling", "/messages?after=&wait=1"] {
        told.push(guest.call(&door, Method::GET, below, None).await.body);
    }
    let told = told.join("\n");
    for secret in ["marker", email.as_str(), &member.to_string()] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    assert!(told.contains("\"Ann\""), "{told}");
}

#[tokio::test]
async fn an_agent_may_hide_the_names_of_its_members() {
    let door = open(|_| ()).await;
    let guests = Some(Guests { origins: vec![SHOP.into()], show_names: Some(false), ..Guests::default() });
    door.server.test.default_agent(Settings { guests, ..Settings::default() }).await;
    let (guest, test) = (begin(&door).await, &door.server.test);
    let email = test.take(guest.thread).await;
    test.reply(guest.thread, &email, "Hello").await;
    let page = guest.call(&door, Method::GET, "/messages?include=author,handling", None).await.json();
    assert_eq!(page["messages"][0]["author"], json!({"kind": "person", "name": null}));
    assert_eq!(page["handling"], json!({"handling": "person", "name": null, "wanted": false}));
}

#[tokio::test]
async fn a_guest_and_a_member_see_one_another_type() {
    let door = open(|_| ()).await;
    let (guest, test) = (begin(&door).await, &door.server.test);
    let mut stream = follow(&door, &guest, "include=typing").await;
    let mut team = test.app.follow_typists(&test.caller, guest.thread).await.expect("a reader");
    let told = guest.call(&door, Method::POST, "/typing", Some(&json!({"typing": true}))).await;
    assert_eq!(told.json(), json!({"threadId": guest.thread, "typing": true}));
    assert_eq!(team.next().await.expect("typists").len(), 1, "the team sees that the guest types");
    let email = test.take(guest.thread).await;
    let types = async |typing| {
        let told = Presence { member: email.clone(), viewing: true, typing };
        test.app.tell_presence(&test.caller, guest.thread, told).await.expect("a presence");
    };
    types(Typing::Note).await;
    types(Typing::Reply).await;
    assert_eq!(next(&mut stream).await, ("typing".into(), None, json!({"typing": true, "name": "Ann"})));
    types(Typing::None).await;
    assert_eq!(next(&mut stream).await, ("typing".into(), None, json!({"typing": false, "name": null})));
    guest.call(&door, Method::POST, "/typing", Some(&json!({"typing": "x"}))).await.bad();
    set_guests(&door, |guests| guests.show_names = Some(false)).await;
    let mut stream = follow(&door, &guest, "include=typing").await;
    types(Typing::Reply).await;
    assert_eq!(next(&mut stream).await, ("typing".into(), None, json!({"typing": true, "name": null})));
}
