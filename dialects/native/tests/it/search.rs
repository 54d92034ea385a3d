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

#[tokio::test]
async fn a_hit_says_where_the_text_stands() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let content = json!([
        {"type": "text", "text": "🇩🇪 Die Änderung, die ÄNDERUNG"},
        {"type": "link", "url": "https://example.com/änderung"},
    ]);
    api.post(&format!("{thread}/messages"), json!({"content": content, "respond": false})).await.is(201);
    silent(&api, &thread, "no places: änderun").await;
    let found = api.list("/search/messages?q=%C3%A4nderung").await;
    let expected = json!([
        {"part": 0, "start": 7, "end": 15},
        {"part": 0, "start": 21, "end": 29},
        {"part": 1, "start": 20, "end": 28},
    ]);
    assert_eq!((found.len(), &found[0]["places"]), (1, &expected));
    let across = api.list("/search/messages?q=%0A%0A%5Bhttps").await;
    assert_eq!((across.len(), &across[0]["places"]), (1, &json!([])), "over two parts");
}

#[tokio::test]
async fn a_search_is_filtered_by_thread_author_and_time() {
    let api = Api::start().await;
    let (one, other) = (api.thread().await, api.thread().await);
    for thread in [&one, &other] {
        silent(&api, thread, "a needle").await;
    }
    let customer = text(&api.post("/customers", json!({"name": "Ada"})).await.is(201)["id"]);
    let of = api.get(&one).await.is(200);
    let at = text(&api.list(&format!("{other}/messages")).await[0]["created_at"]).replace('+', "%2B");
    for (filter, hits) in [
        ("agent=default".to_owned(), 2),
        (format!("agent={}", text(&of["agent"])), 2),
        (format!("agent={}", uuid_of_nobody()), 0),
        (format!("customer={customer}"), 0),
        ("handling=agent".into(), 2),
        ("handling=person".into(), 0),
        ("author=key".into(), 2),
        ("author=customer".into(), 0),
        (format!("since={at}"), 1),
        (format!("until={at}"), 1),
        (format!("since={at}&until={at}"), 0),
        (format!("author=key&thread={}", id_of(&one)), 1),
    ] {
        assert_eq!(api.list(&format!("/search/messages?q=needle&{filter}")).await.len(), hits, "{filter}");
    }
    for (filter, fault) in [
        ("agent=nobody", "agent"),
        ("customer=x", "customer"),
        ("handling=nobody", "handling"),
        ("author=robot", "author"),
        ("since=yesterday", "since"),
        ("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "until"),
    ] {
        assert_eq!(api.get(&format!("/search/messages?q=needle&{filter}")).await.at_fault(), fault, "{filter}");
    }
    let next = text(&api.get("/search/messages?q=needle&limit=1").await.is(200)["next"]);
    let elsewhere = format!("/search/messages?q=needle&limit=1&author=key&cursor={next}");
    assert_eq!(api.get(&elsewhere).await.refused(400), "invalid_cursor", "the filter is part of the query");
}

#[tokio::test]
async fn the_index_is_made_again_while_searches_find_the_same() {
    let limits = Limits { search_lag_s: 0, requests_per_s: 0, ..Limits::default() };
    let api = Api::with(Choices { limits, ..Choices::default() }).await;
    let none = api.get("/search/index").await.is(200);
    let expected = json!({"oldest": null, "newest": null, "indexed_to": null, "is_behind": false, "percent": 100});
    assert_eq!(none, expected, "without messages");
    let thread = api.thread().await;
    for said in ["a needle", "hay", "a needle"] {
        silent(&api, &thread, said).await;
    }
    for _ in 0..2 {
        api.test().app.run_now::<engine::services::Index>().await.unwrap();
        let whole = api.get("/search/index").await.is(200);
        assert_eq!((&whole["is_behind"], &whole["percent"]), (&json!(false), &json!(100)));
        assert_eq!(whole["indexed_to"], whole["newest"]);
        assert_eq!(api.list("/search/messages?q=needle").await.len(), 2);
        let again = api.delete("/search/index").await.is(200);
        assert_eq!((&again["is_behind"], &again["percent"]), (&json!(true), &json!(0)));
        assert_eq!((&again["indexed_to"], &again["newest"]), (&Value::Null, &whole["newest"]));
        assert_eq!(api.list("/search/messages?q=needle").await.len(), 2);
    }
    let key = api.test().new_key(domain::caller::Scopes::of(&[domain::caller::Scope::Read])).await;
    let refused = reply(api.bare(Method::DELETE, "/threadline/v1/search/index").bearer_auth(&key)).await;
    refused.refused(403);
}
