//! Every page obeys the scopes of its caller and the bounds of its project.

use console::Console;
use dialect_kit::access::{Line, table};
use domain::caller::{Scope, Scopes};

use crate::browser::Browser;

#[tokio::test]
async fn every_page_asks_for_its_scopes() {
    let mut browser = Browser::start().await;
    let test = &browser.server.test;
    let (thread, reader) = (test.thread().await.id, test.new_key(Scopes::of(&[Scope::Read])).await);
    browser.sign_in(&reader).await;
    let mut asked = 0;
    for Line { method, template, access } in table(&Console::new(None)) {
        let path =
            template.replace("{thread}", &thread.to_string()).replace("{turn}", "x").replace("{attachment}", "x");
        if access.is_open() || path.ends_with("/sign-out") {
            continue;
        }
        asked += 1;
        let own = browser.cookie.take();
        let without = browser.request(method.clone(), &path).header("sec-fetch-site", "same-origin");
        assert_eq!(without.send().await.unwrap().status(), 401, "{method} {path}");
        browser.cookie = own;
        if access.scopes() == [Scope::Write] {
            assert_eq!(browser.post(&path, "").await.status, 403, "{path}");
        }
    }
    assert!(asked > 8, "{asked} pages");
    let found = browser.server.test.app.thread(&browser.server.test.caller, thread).await.unwrap();
    assert_eq!((found.last_seq, found.closed), (1, None));
}

#[tokio::test]
async fn the_threads_of_another_project_are_not_there() {
    let mut browser = Browser::start().await;
    let thread = browser.server.test.thread().await.id;
    let (_, foreign) = browser.server.test.other_project().await;
    browser.sign_in(&foreign).await;
    assert!(!browser.get("/console").await.text.contains(&thread.to_string()));
    for page in ["", "/turns", "/log"] {
        let known = browser.get(&format!("/console/threads/{thread}{page}")).await;
        let unknown = browser.get(&format!("/console/threads/00000000-0000-7000-8000-000000000000{page}")).await;
        assert_eq!((known.status, &known.text), (404, &unknown.text));
    }
}

#[tokio::test]
async fn a_reader_sees_no_forms_that_change_a_thread() {
    let mut browser = Browser::start().await;
    let test = &browser.server.test;
    let (thread, reader) = (test.thread().await.id, test.new_key(Scopes::of(&[Scope::Read])).await);
    browser.sign_in(&reader).await;
    let page = browser.get(&format!("/console/threads/{thread}")).await;
    assert_eq!((page.status, page.text.contains("/close\"")), (200, false));
}
