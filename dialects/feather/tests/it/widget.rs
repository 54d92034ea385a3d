//! The settings of an agent's widget: `GET /api/v1/chat/agents/{agentId}/widget`.

use domain::{
    agent::Settings,
    guests::{Asking, Contact, Day, Files, Guests, Hours, Position, Span},
};
use reqwest::Method;
use serde_json::json;

use crate::{
    chat::{SHOP, guest_id, open},
    client::{Door, Refused, Reply},
};

async fn dressed(door: &Door) {
    let span = Span { days: vec![Day::Monday, Day::Friday], from: "09:00".into(), to: "17:00".into() };
    let hours = Hours { time_zone: "Europe/Berlin".into(), open: vec![span] };
    let guests = Guests {
        origins: vec![SHOP.into()],
        title: Some("Ask us".into()),
        greeting: Some("Hello!".into()),
        greeting_after_s: Some(20),
        colour: Some("#1e5ba1".into()),
        position: Some(Position::Left),
        texts: [("de".into(), [("send".into(), "Senden".into())].into())].into(),
        ask: Some(Asking { hours: Some(hours), most_waiting: Some(3) }),
        files: Some(Files { types: vec!["image/*".into()], bytes: 1_000 }),
        contact: Some(Contact { name: true, email: true, consent: Some("We keep it.".into()) }),
        ..Guests::default()
    };
    let (display_name, instructions) = (Some("Shop".into()), "a secret".into());
    door.server
        .test
        .default_agent(Settings { guests: Some(guests), display_name, instructions, ..Settings::default() })
        .await;
}

async fn get(door: &Door, agent: &str, headers: &[(&'static str, &str)]) -> Reply {
    let request = door.request(Method::GET, &format!("/api/v1/chat/agents/{agent}/widget"));
    Reply::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

#[tokio::test]
async fn a_page_reads_what_its_widget_needs_and_nothing_of_the_project() {
    let door = open(|_| ()).await;
    dressed(&door).await;
    let agent = guest_id(&door).await.to_string();
    let reply = get(&door, &agent, &[("origin", SHOP)]).await;
    assert_eq!(reply.header("access-control-allow-origin"), SHOP);
    let mut told = reply.json();
    assert!(!reply.body.contains("secret"), "{}", reply.body);
    let is_open = told["features"]["ask"]["isOpen"].take();
    assert!(is_open.is_boolean(), "{is_open}");
    assert_eq!(
        told,
        json!({
            "agentId": agent, "title": "Ask us", "assistantName": "Shop", "greeting": "Hello!",
            "greetingAfterSeconds": 20, "colour": "#1e5ba1", "position": "left",
            "texts": {"de": {"send": "Senden"}},
            "features": {
                "ask": {"isOpen": null, "hours": {"timeZone": "Europe/Berlin", "open": [
                    {"days": ["mon", "fri"], "from": "09:00", "to": "17:00"},
                ]}},
                "files": {"types": ["image/*"], "maxBytes": 1_000, "maxCount": 20},
                "contact": {"name": true, "email": true, "consent": "We keep it."},
            },
            "limits": {"bodyBytes": 1_048_576, "waitSeconds": 60, "tokenSeconds": 86_400},
        })
    );
}

#[tokio::test]
async fn a_page_whose_copy_is_current_gets_304_until_the_settings_change() {
    let door = open(|_| ()).await;
    let agent = guest_id(&door).await.to_string();
    let first = get(&door, &agent, &[("origin", SHOP)]).await;
    let tag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "private, no-cache");
    assert_eq!(get(&door, &agent, &[("origin", SHOP), ("if-none-match", &tag)]).await.status, 304);
    dressed(&door).await;
    let changed = get(&door, &agent, &[("origin", SHOP), ("if-none-match", &tag)]).await;
    assert_eq!((changed.status, changed.header("etag") == tag), (200, false));
}

#[tokio::test]
async fn another_origin_an_unknown_and_an_archived_agent_get_no_settings() {
    let door = open(|_| ()).await;
    let agent = guest_id(&door).await.to_string();
    let refused = get(&door, &agent, &[("origin", "https://evil.example")]).await;
    assert!(refused.refused(403, "FORBIDDEN").contains("https://evil.example"), "{refused:?}");
    assert_eq!(refused.header("access-control-allow-origin"), "");
    get(&door, "default", &[]).await.bad();
    let unknown = get(&door, "0199a0b0-0000-7000-8000-000000000000", &[]).await;
    door.server.test.default_agent(Settings::default()).await;
    let closed = get(&door, &agent, &[]).await;
    assert_eq!(closed.refused(404, "NOT_FOUND"), "Agent not found");
    assert_eq!(closed.body, unknown.body);
}
