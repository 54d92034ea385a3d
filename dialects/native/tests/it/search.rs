//! Search over what was said.

use domain::{Limits, script::Reply};
use engine::testing::Choices;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, each, id_of, reply, text},
    threads::uuid_of_nobody,
};

async fn silent(api: &Api, thread: &str, text: &str) {
    api.post(&format!("{thread}/messages"), json!({"text": text, "respond": false})).await.is(201);
}

fn texts(messages: &[Value]) -> Vec<String> {
    messages.iter().map(|message| text(&message["content"][0]["text"])).collect()
}

#[tokio::test]
async fn messages_are_found_whatever_their_case_newest_first() {
    let api = Api::start().await;
    let (one, other) = (api.thread().await, api.thread().await);
    silent(&api, &one, "The Änderung is in").await;
    silent(&api, &other, "no such thing").await;
    silent(&api, &other, "another ÄNDERUNG").await;
    silent(&api, &one, "eine änderung").await;
    let found = api.list("/search/messages?q=%C3%A4nderung").await;
    assert_eq!(texts(&found), ["eine änderung", "another ÄNDERUNG", "The Änderung is in"]);
    let within = format!("/search/messages?q=%C3%84nderung&thread={}", id_of(&one));
    assert_eq!(texts(&api.list(&within).await), ["eine änderung", "The Änderung is in"]);
    let (paged, pages) = api.pages("/search/messages?q=%C3%A4nderung&limit=1").await;
    assert_eq!((paged, pages), (found, 4), "the last page says that there is no more");
    assert_eq!(api.pages(&format!("{within}&limit=1")).await.0.len(), 2);
}

#[tokio::test]
async fn what_is_sought_is_taken_as_it_stands() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for said in ["100% sure", "100 sure", "a_b", "axb", "back\\slash", "\"quoted\"", "[bracket]"] {
        silent(&api, &thread, said).await;
    }
    for (q, expected) in
        [("100%25", "100% sure"), ("a_b", "a_b"), ("%5C", "back\\slash"), ("%22q", "\"quoted\""), ("%5Bb", "[bracket]")]
    {
        assert_eq!(texts(&api.list(&format!("/search/messages?q={q}")).await), [expected], "{q}");
    }
    assert_eq!(api.list("/search/messages?q=content").await, Vec::<Value>::new(), "names of fields are no text");
}

#[tokio::test]
async fn what_an_agent_said_is_found_and_what_it_thought_is_not() {
    let api = Api::start().await;
    api.test()
        .script(vec![Reply { text: Some("aloud".into()), thinking: Some("quietly".into()), ..Reply::default() }])
        .await;
    let thread = api.thread().await;
    api.ask(&thread, "Hello").await;
    assert_eq!(each(&api.list("/search/messages?q=aloud").await, "role"), ["agent"]);
    assert_eq!(api.list("/search/messages?q=quietly").await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_page_looks_at_so_many_messages_and_the_next_goes_on() {
    let limits = Limits { search_scan: 3, requests_per_s: 0, ..Limits::default() };
    let api = Api::with(Choices { limits, ..Choices::default() }).await;
    let thread = api.thread().await;
    silent(&api, &thread, "needle").await;
    for _ in 0..5 {
        silent(&api, &thread, "hay").await;
    }
    for path in ["/search/messages?q=needle".to_owned(), format!("/search/messages?q=needle&thread={}", id_of(&thread))]
    {
        let first = api.get(&path).await.is(200);
        assert_eq!(first["data"], json!([]));
        let next = format!("{path}&cursor={}", text(&first["next"]));
        assert_eq!(texts(&api.list(&next).await), ["needle"]);
        let (all, _) = api.pages(&path).await;
        assert_eq!(texts(&all), ["needle"]);
    }
}

#[tokio::test]
async fn another_projects_messages_are_not_found() {
    let api = Api::start().await;
    let thread = api.thread().await;
    silent(&api, &thread, "secret").await;
    let (_, stranger) = api.test().other_project().await;
    let ask = async |query: &str| {
        reply(api.bare(Method::GET, &format!("/threadline/v1/search/messages?{query}")).bearer_auth(&stranger)).await
    };
    assert_eq!(ask("q=secret").await.is(200), json!({"data": [], "next": null}));
    let foreign = ask(&format!("q=secret&thread={}", id_of(&thread))).await;
    let unknown = ask(&format!("q=secret&thread={}", uuid_of_nobody())).await;
    assert_eq!((foreign.refused(404), foreign.text), (unknown.refused(404), unknown.text));
    let own = text(&api.get("/search/messages?q=secret&limit=1").await.is(200)["next"]);
    assert_eq!(ask(&format!("q=secret&limit=1&cursor={own}")).await.refused(400), "invalid_cursor");
}

#[tokio::test]
async fn what_cannot_be_sought_is_refused() {
    let api = Api::start().await;
    for (query, fault) in [
        (String::new(), "q"),
        ("q=".into(), "q"),
        ("q=%20".into(), "q"),
        (format!("q={}", "x".repeat(201)), "q"),
        ("q=x&limit=0".into(), "limit"),
        ("q=x&limit=1001".into(), "limit"),
    ] {
        assert_eq!(api.get(&format!("/search/messages?{query}")).await.at_fault(), fault, "{query}");
    }
    api.get(&format!("/search/messages?q={}", "x".repeat(200))).await.is(200);
    assert_eq!(api.get("/search/messages?q=x&thread=x").await.refused(404), "thread_not_found");
    assert_eq!(api.get("/search/messages?q=x&cursor=x").await.refused(400), "invalid_cursor");
}

#[tokio::test]
async fn another_projects_volume_is_not_to_be_told_from_a_search() {
    let limits = Limits { search_scan: 3, requests_per_s: 0, ..Limits::default() };
    let api = Api::with(Choices { limits, ..Choices::default() }).await;
    let thread = api.thread().await;
    for said in ["needle", "hay", "hay", "hay"] {
        silent(&api, &thread, said).await;
    }
    let path = "/search/messages?q=needle";
    let before = api.get(path).await.is(200);
    let (_, stranger) = api.test().other_project().await;
    let foreign = reply(api.bare(Method::POST, "/threadline/v1/threads").bearer_auth(&stranger)).await.is(201);
    for _ in 0..10 {
        let path = format!("/threadline/v1/threads/{}/messages", text(&foreign["id"]));
        let said = json!({"text": "needle", "respond": false});
        reply(api.bare(Method::POST, &path).bearer_auth(&stranger).json(&said)).await.is(201);
    }
    assert_eq!(api.get(path).await.is(200), before, "the same page, and the same cursor");
    assert_eq!(api.pages(path).await.1, 2);
    let cursor = text(&before["next"]);
    let shown = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &cursor).unwrap();
    for message in api.list(&format!("{thread}/messages")).await {
        let id = uuid::Uuid::parse_str(&text(&message["id"])).unwrap();
        for piece in id.as_bytes().windows(6) {
            assert!(!shown.windows(6).any(|bytes| bytes == piece), "the cursor holds no message in readable bytes");
        }
    }
}
