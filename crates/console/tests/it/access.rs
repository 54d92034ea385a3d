//! Every page obeys the scopes of its caller and the bounds of its project.

use console::Console;
use dialect_kit::access::{Line, table};
use domain::caller::{Scope, Scopes};
use engine::app::people::{customers::NewCustomer, members::NewMember};

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
        if access.scopes().iter().any(|scope| *scope != Scope::Read) {
            let refused = browser.request(method.clone(), &path).header("sec-fetch-site", "same-origin");
            assert_eq!(refused.send().await.unwrap().status(), 403, "{method} {path}");
        }
    }
    assert!(asked > 40, "{asked} pages");
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
async fn the_administered_things_of_another_project_are_not_there() {
    let mut browser = Browser::start().await;
    let test = &browser.server.test;
    let (app, caller) = (&test.app, &test.caller);
    let agent = app.agent_by_name(caller, "default").await.unwrap().id.to_string();
    let member = NewMember { email: "ann@example.com".into(), ..NewMember::default() };
    let member = app.create_member(caller, member, None).await.unwrap().id.to_string();
    let new = NewCustomer { name: Some("Jonas".into()), ..NewCustomer::default() };
    let customer = app.create_customer(caller, new).await.unwrap().id.to_string();
    let key = caller.key.to_string();
    let (_, foreign) = test.other_project().await;
    browser.sign_in(&foreign).await;
    for (list, id) in [("agents", agent), ("members", member), ("customers", customer), ("keys", key)] {
        assert!(!browser.get(&format!("/console/{list}")).await.text.contains(&id), "{list}");
        let known = browser.get(&format!("/console/{list}/{id}")).await;
        let unknown = browser.get(&format!("/console/{list}/00000000-0000-7000-8000-000000000000")).await;
        assert_eq!((known.status, &known.text), (404, &unknown.text), "{list}");
        for deed in ["", "/revoke", "/remove", "/erase", "/archive", "/link", "/try"] {
            let status = browser.post(&format!("/console/{list}/{id}{deed}"), "name=x&text=x").await.status;
            assert!([404, 405].contains(&status), "{list}{deed}: {status}");
        }
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
