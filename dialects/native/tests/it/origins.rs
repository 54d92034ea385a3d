//! Browsers: pages of the origins that a project lists may use the API, and no others.

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Api, Reply, reply};

const SHOP: &str = "https://shop.example";

async fn set(api: &Api, body: Value) -> Reply {
    reply(api.request(Method::PUT, "/origins").json(&body)).await
}

async fn asked_by(api: &Api, origin: &str) -> (u16, Option<String>) {
    let answer = reply(api.request(Method::GET, "/threads").header("Origin", origin)).await;
    (answer.status.as_u16(), header(&answer, "access-control-allow-origin"))
}

fn header(answer: &Reply, name: &str) -> Option<String> {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn preflight(api: &Api, origin: &str) -> (u16, Option<String>) {
    let request = api.bare(Method::OPTIONS, "/threadline/v1/threads").header("Origin", origin);
    let answer = reply(request.header("Access-Control-Request-Method", "POST")).await;
    (answer.status.as_u16(), header(&answer, "access-control-allow-methods"))
}

#[tokio::test]
async fn no_page_may_read_anything_until_the_project_lists_its_origin() {
    let api = Api::start().await;
    assert_eq!(api.get("/origins").await.is(200), json!({"origins": []}));
    assert_eq!(asked_by(&api, SHOP).await, (200, None));
    assert_eq!(preflight(&api, SHOP).await, (403, None));
    assert_eq!(set(&api, json!({"origins": [SHOP, SHOP]})).await.is(200), json!({"origins": [SHOP]}));
    assert_eq!(asked_by(&api, SHOP).await, (200, Some(SHOP.into())));
    assert_eq!(preflight(&api, SHOP).await, (204, Some("GET, HEAD, POST".into())));
    for origin in ["null", "https://shop.example.evil", "http://shop.example"] {
        assert_eq!(asked_by(&api, origin).await, (200, None), "{origin}");
        assert_eq!(preflight(&api, origin).await, (403, None), "{origin}");
    }
    let missing = reply(api.request(Method::GET, "/threads/x").header("Origin", SHOP)).await;
    assert_eq!(header(&missing, "access-control-allow-origin").as_deref(), Some(SHOP), "what went wrong, too");
}

#[tokio::test]
async fn a_page_may_ask_for_a_range_and_learns_a_files_name() {
    let api = Api::start().await;
    set(&api, json!({"origins": [SHOP]})).await.is(200);
    let upload = api.request(Method::POST, "/attachments?name=a.txt").body("hello");
    let path = format!("/attachments/{}/content", reply(upload).await.is(201)["id"].as_str().unwrap());
    let asked = api.bare(Method::OPTIONS, &format!("/threadline/v1{path}")).header("Origin", SHOP);
    let asked = reply(asked.header("Access-Control-Request-Method", "GET")).await;
    let listed = |answer: &Reply, name: &str| {
        let list = header(answer, name).unwrap_or_default();
        list.split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    let sent = listed(&asked, "access-control-allow-headers");
    assert!(
        ["authorization", "range", "if-range", "if-match"].iter().all(|own| sent.contains(&own.to_string())),
        "{sent:?}"
    );
    let part = reply(api.request(Method::GET, &path).header("Origin", SHOP).header("Range", "bytes=0-1")).await;
    let read = listed(&part, "access-control-expose-headers");
    for name in ["content-disposition", "content-range", "accept-ranges", "etag"] {
        assert!(read.contains(&name.to_owned()) && header(&part, name).is_some(), "{name} in {read:?}");
    }
}

#[tokio::test]
async fn another_projects_origins_are_not_this_ones() {
    let api = Api::start().await;
    let (other, _) = api.test().other_project().await;
    api.test().app.set_origins(&other, vec![SHOP.into()]).await.expect("an origin");
    assert_eq!(asked_by(&api, SHOP).await, (200, None));
    assert_eq!(preflight(&api, SHOP).await.0, 204, "nobody can tell yet for whom it will be");
}

#[tokio::test]
async fn a_refusal_stays_one_when_nobody_can_say_whether_the_page_is_known() {
    let api = Api::start().await;
    set(&api, json!({"origins": [SHOP]})).await.is(200);
    let keyless = async || {
        let answer = reply(api.bare(Method::GET, "/threadline/v1/threads").header("Origin", SHOP)).await;
        (answer.status.as_u16(), header(&answer, "access-control-allow-origin"))
    };
    assert_eq!(keyless().await, (401, Some(SHOP.into())));
    api.test().store().clone().close().await;
    assert_eq!(keyless().await, (401, None));
}

#[tokio::test]
async fn what_is_no_origin_is_refused_and_nothing_changes() {
    let api = Api::start().await;
    set(&api, json!({"origins": [SHOP]})).await.is(200);
    for (body, at) in [
        (json!({}), "origins"),
        (json!({"origins": SHOP}), "origins"),
        (json!({"origins": ["*"]}), "origins.0"),
        (json!({"origins": [SHOP, "https://shop.example/"]}), "origins.1"),
        (json!({"origins": ["null"]}), "origins.0"),
        (json!({"origins": [1]}), "origins.0"),
        (json!({"origins": (0..51).map(|i| format!("https://{i}.example")).collect::<Vec<_>>()}), "origins"),
        (json!({"origins": [], "project": "x"}), "project"),
    ] {
        assert_eq!(set(&api, body.clone()).await.at_fault(), at, "{body}");
    }
    assert_eq!(api.get("/origins").await.is(200), json!({"origins": [SHOP]}));
}
