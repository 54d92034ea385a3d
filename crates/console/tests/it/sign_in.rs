//! Signing in and out, and who may.

use std::{sync::atomic::Ordering, time::Duration};

use domain::{
    caller::{Scope, Scopes},
    project::Role,
};
use engine::{
    app::people::members::NewMember,
    testing::{Choices, TestApp},
};
use futures_util::StreamExt;
use reqwest::Method;

use crate::browser::{Browser, Page};

async fn link(browser: &Browser, role: Role) -> (domain::MemberId, String) {
    let test = &browser.server.test;
    let new = NewMember { email: format!("{}@example.com", role.as_str()), name: Some("Ada".into()), role: Some(role) };
    let member = test.app.create_member(&test.caller, new, None).await.unwrap();
    (member.id, test.app.create_sign_in_link(&test.caller, member.id, None).await.unwrap().secret)
}

#[tokio::test]
async fn a_key_signs_in_and_out() {
    let mut browser = Browser::start().await;
    let page = browser.get("/console").await;
    assert_eq!(page.status, 401);
    assert!(page.text.contains("name=\"key\""), "{}", page.text);
    let key = browser.server.test.key.clone();
    let entered = browser.sign_in(&key).await;
    assert_eq!((entered.status, entered.location.as_deref()), (303, Some("/console")));
    let line = entered.set_cookie.unwrap();
    let port = browser.server.url.rsplit(':').next().unwrap();
    assert!(line.starts_with(&format!("tl-{port}=")), "{line}");
    assert!(line.contains("; Path=/console; HttpOnly; SameSite=Lax; Max-Age=2592000"), "{line}");
    assert!(!line.contains(&key), "the cookie is no key");
    assert_eq!(browser.get("/console").await.status, 200);
    let first = browser.cookie.clone();
    browser.sign_in(&key).await;
    assert_ne!(browser.cookie, first, "each sign-in has its own secret");
    let left = browser.post("/console/sign-out", "").await;
    assert_eq!((left.status, left.location.as_deref()), (303, Some("/console/sign-in")));
    assert!(left.set_cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(browser.get("/console").await.status, 401);
    browser.cookie = first;
    assert_eq!(browser.get("/console").await.status, 200, "the other sign-in goes on");
    browser.post("/console/sign-out?everywhere=true", "").await;
    assert_eq!(browser.get("/console").await.status, 401);
}

#[tokio::test]
async fn the_secret_of_a_sign_in_is_no_key() {
    let mut browser = Browser::signed_in(None).await;
    let secret = browser.cookie.as_ref().unwrap().split_once('=').unwrap().1.to_owned();
    let asked = browser.request(Method::GET, "/threadline/v1/threads").bearer_auth(secret).send().await.unwrap();
    assert_eq!(asked.status(), 401);
    let (name, key) = (browser.cookie.take().unwrap(), browser.server.test.key.clone());
    browser.cookie = Some(format!("{}={key}", name.split('=').next().unwrap()));
    assert_eq!(browser.get("/console").await.status, 401, "and a key is no cookie");
}

#[tokio::test]
async fn a_link_signs_a_member_in_once_by_its_button() {
    let mut browser = Browser::start().await;
    let (_, link) = link(&browser, Role::Member).await;
    for _ in 0..2 {
        let page = browser.get(&format!("/console/sign-in?link={link}")).await;
        assert_eq!(page.status, 200, "to look at the link does not spend it");
        assert!(page.text.contains(&format!("value=\"{link}\"")), "{}", page.text);
    }
    assert_eq!(browser.enter(&format!("link={link}")).await.status, 303);
    let inbox = browser.get("/console").await;
    assert!(inbox.text.contains("Ada"), "{}", inbox.text);
    let again = browser.post("/console/sign-in", &format!("link={link}")).await;
    assert_eq!((again.status, again.set_cookie.is_none()), (401, true));
    assert!(again.text.contains("spent"), "{}", again.text);
    let audit = browser.server.test.app.list_audit(&browser.server.test.caller, None, 10).await.unwrap();
    assert_eq!(audit.iter().map(|record| record.action.as_str()).collect::<Vec<_>>(), ["sign_in", "sign_in_link"]);
}

#[tokio::test]
async fn a_link_ends_by_its_time_by_a_newer_one_and_with_its_member() {
    let (clock, us) = TestApp::manual_clock();
    let mut browser = Browser::with(Choices { clock, ..Choices::default() }).await;
    let (member, old) = link(&browser, Role::Member).await;
    let (app, caller) = (browser.server.test.app.clone(), browser.server.test.caller.clone());
    let made = async || app.create_sign_in_link(&caller, member, None).await.unwrap().secret;
    let newer = made().await;
    assert_eq!(browser.enter(&format!("link={old}")).await.status, 401);
    us.fetch_add(900_000_000, Ordering::SeqCst);
    assert_eq!(browser.enter(&format!("link={newer}")).await.status, 401);
    let last = made().await;
    us.fetch_add(899_999_999, Ordering::SeqCst);
    app.delete_member(&caller, member).await.unwrap();
    assert_eq!(browser.enter(&format!("link={last}")).await.status, 401);
}

#[tokio::test]
async fn a_sign_in_ends_after_twelve_idle_hours_and_after_thirty_days() {
    let (clock, us) = TestApp::manual_clock();
    let mut browser = Browser::with(Choices { clock, ..Choices::default() }).await;
    let key = browser.server.test.key.clone();
    browser.sign_in(&key).await;
    let pass = |s: i64| us.fetch_add(s * 1_000_000, Ordering::SeqCst);
    pass(43_199);
    assert_eq!(browser.get("/console").await.status, 200);
    pass(43_199);
    assert_eq!(browser.get("/console").await.status, 200, "a request prolongs it");
    pass(43_200);
    assert_eq!(browser.get("/console").await.status, 401);
    browser.sign_in(&key).await;
    for _ in 0..71 {
        pass(36_000);
        assert_eq!(browser.get("/console").await.status, 200);
    }
    pass(36_000);
    assert_eq!(browser.get("/console").await.status, 401, "thirty days");
}

#[tokio::test]
async fn a_key_of_an_agent_or_without_read_signs_nobody_in() {
    let mut browser = Browser::start().await;
    let writer = browser.server.test.new_key(Scopes::of(&[Scope::Write])).await;
    assert_eq!(browser.sign_in(&writer).await.status, 403);
    let test = &browser.server.test;
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap().id;
    let new = engine::app::access::keys::NewKey {
        name: "bound".into(),
        scopes: Scopes::TALK,
        agent: Some(agent),
        ..Default::default()
    };
    let (_, bound) = test.app.create_key(&test.caller, new, None).await.unwrap();
    assert_eq!(browser.sign_in(&bound).await.status, 403);
    assert!(browser.cookie.is_none());
}

#[tokio::test]
async fn five_failures_of_an_address_a_minute_are_looked_at() {
    let (clock, us) = TestApp::manual_clock();
    let mut browser = Browser::with(Choices { clock, ..Choices::default() }).await;
    let key = browser.server.test.key.clone();
    for _ in 0..5 {
        assert_eq!(browser.sign_in("tl_wrong").await.status, 401);
    }
    let refused = browser.sign_in(&key).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "60"));
    us.fetch_add(60_000_000, Ordering::SeqCst);
    for _ in 0..7 {
        assert_eq!(browser.sign_in(&key).await.status, 303, "a sign-in that succeeds does not count");
    }
}

#[tokio::test]
async fn other_sites_and_other_hosts_are_refused() {
    let browser = Browser::signed_in(None).await;
    let thread = browser.server.test.thread().await.id;
    let path = format!("/console/threads/{thread}/close");
    let of = async |method: Method, path: &str, name: &'static str, value: &str| {
        Page::of(browser.request(method, path).header(name, value).send().await.unwrap()).await.status
    };
    for site in ["same-site", "cross-site", "none"] {
        assert_eq!(of(Method::POST, &path, "sec-fetch-site", site).await, 403, "{site}");
        let live = format!("/console/live?topics=t:{thread}@0");
        assert_eq!(of(Method::GET, &live, "sec-fetch-site", site).await, 403, "{site}");
        assert_eq!(of(Method::POST, "/console/sign-in", "sec-fetch-site", site).await, 403, "{site}");
    }
    assert_eq!(of(Method::POST, &path, "origin", "http://127.0.0.1:1").await, 403);
    assert_eq!(of(Method::GET, "/console", "host", "evil.example").await, 421);
    assert_eq!(of(Method::GET, "/console/sign-in", "host", "evil.example").await, 421);
    let found = browser.server.test.app.thread(&browser.server.test.caller, thread).await.unwrap();
    assert_eq!(found.closed, None, "a refused request has no effect");
    let origin = browser.server.url.clone();
    assert_eq!(of(Method::POST, &path, "origin", &origin).await, 303, "a browser without Sec-Fetch-Site");
    assert_eq!(of(Method::GET, "/", "host", "evil.example").await, 421);
}

#[tokio::test]
async fn over_the_public_url_the_cookie_is_bound_to_its_host_and_tls() {
    let choices = |url: &str| Choices { public_url: Some(url.into()), ..Choices::default() };
    let browser = Browser::with(choices("https://chat.example.com")).await;
    let key = browser.server.test.key.clone();
    let enter = async |browser: &Browser, host: &str| {
        let request = browser.request(Method::POST, "/console/sign-in").header("host", host);
        let request = request.header("sec-fetch-site", "same-origin").body(format!("key={key}"));
        Page::of(request.send().await.unwrap()).await
    };
    let line = enter(&browser, "chat.example.com").await.set_cookie.unwrap();
    assert!(line.starts_with("__Host-tl=") && line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
    let plain = Browser::with(choices("http://chat.example.com:8000")).await;
    let refused = enter(&plain, "chat.example.com:8000").await;
    assert_eq!((refused.status, refused.set_cookie.is_none()), (403, true));
    assert!(refused.text.contains("HTTPS"), "{}", refused.text);
}

/// A stream of a live page. The credential of its request dies while it is open.
async fn open_stream(browser: &Browser) -> reqwest::Response {
    let thread = browser.server.test.thread().await.id;
    let live = browser.request(Method::GET, &format!("/console/live?topics=t:{thread}@0"));
    let live = live.header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(live.status(), 200);
    live
}

async fn ends(stream: reqwest::Response, browser: &Browser) {
    let mut stream = stream.bytes_stream();
    let ended = async { while stream.next().await.is_some_and(|piece| piece.is_ok()) {} };
    tokio::time::timeout(Duration::from_secs(20), ended).await.expect("the open stream ends");
    assert_eq!(browser.get("/console").await.status, 401);
}

#[tokio::test]
async fn a_sign_in_dies_with_its_key_or_member_on_open_streams_too() {
    let mut browser = Browser::start().await;
    let (app, caller) = (browser.server.test.app.clone(), browser.server.test.caller.clone());
    let key = browser.server.test.new_key(Scopes::ALL).await;
    browser.sign_in(&key).await;
    let stream = open_stream(&browser).await;
    app.revoke_key(&caller, app.authenticate(&key).await.unwrap().key).await.unwrap();
    ends(stream, &browser).await;
    let other = NewMember { email: "other@example.com".into(), name: None, role: Some(Role::Admin) };
    app.create_member(&caller, other, None).await.unwrap();
    let (member, link) = link(&browser, Role::Admin).await;
    browser.enter(&format!("link={link}")).await;
    let stream = open_stream(&browser).await;
    app.delete_member(&caller, member).await.unwrap();
    ends(stream, &browser).await;
}

#[tokio::test]
async fn a_key_makes_links_only_for_roles_that_it_covers() {
    let browser = Browser::start().await;
    let test = &browser.server.test;
    let (member, _) = link(&browser, Role::Admin).await;
    let narrow = test.new_key(Scopes::of(&[Scope::Read, Scope::Write, Scope::Admin])).await;
    let narrow = test.app.authenticate(&narrow).await.unwrap();
    let refused = test.app.create_sign_in_link(&narrow, member, None).await.unwrap_err();
    assert_eq!(refused.kind, domain::Kind::Forbidden);
    let new = NewMember { email: "x@example.com".into(), role: Some(Role::Admin), ..NewMember::default() };
    let refused = test.app.create_member(&narrow, new, None).await.unwrap_err();
    assert_eq!(refused.kind, domain::Kind::Forbidden);
    let (foreign, _) = test.other_project().await;
    let refused = test.app.create_sign_in_link(&foreign, member, None).await.unwrap_err();
    assert_eq!(refused.kind, domain::Kind::NotFound);
}

#[tokio::test]
async fn a_fifty_first_sign_in_ends_the_oldest() {
    let mut browser = Browser::start().await;
    let key = browser.server.test.key.clone();
    browser.sign_in(&key).await;
    let first = browser.cookie.clone();
    for _ in 1..50 {
        browser.sign_in(&key).await;
    }
    let last = std::mem::replace(&mut browser.cookie, first);
    assert_eq!(browser.get("/console").await.status, 200);
    let first = std::mem::replace(&mut browser.cookie, last);
    browser.sign_in(&key).await;
    browser.cookie = first;
    assert_eq!(browser.get("/console").await.status, 401);
}
