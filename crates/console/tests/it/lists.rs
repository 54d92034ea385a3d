//! Lists with their filters: the table of threads, and a thread's log.

use domain::{ThreadId, controls::Policy};

use crate::browser::Browser;

/// The titles of the threads of a page, by the ids that it links to.
async fn shown(browser: &Browser, query: &str, all: &[ThreadId]) -> Vec<usize> {
    let page = browser.get(&format!("/console/threads?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.text);
    let links = |id: &ThreadId| page.text.contains(&format!("href=\"/console/threads/{id}\""));
    all.iter().enumerate().filter(|(_, id)| links(id)).map(|(n, _)| n).collect()
}

#[tokio::test]
async fn threads_are_found_by_dialect_customer_and_day() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let plain = test.thread().await.id;
    let through = test.thread().await.id;
    let body = serde_json::json!({"text": "Hello", "respond": false});
    let path = format!("{}/threadline/v1/threads/{through}/messages", browser.server.url);
    let sent = reqwest::Client::new().post(path).bearer_auth(&test.key).json(&body).send().await.unwrap();
    assert_eq!(sent.status(), 201);
    let all = [plain, through];
    assert_eq!(shown(&browser, "door=native", &all).await, [1]);
    assert_eq!(shown(&browser, "door=mail", &all).await, [] as [usize; 0]);
    assert_eq!(shown(&browser, "door=%25", &all).await, [] as [usize; 0], "a pattern is a text");
    let today = domain::day::Day::of(test.app.clock().now());
    for (query, expected) in [
        (format!("from={today}"), vec![0, 1]),
        (format!("to={today}"), vec![0, 1]),
        (format!("from={}", today.plus(1)), vec![]),
        (format!("to={}", today.plus(-1)), vec![]),
        ("from=yesterday".to_owned(), vec![0, 1]),
        ("customer=nobody%40example.com".to_owned(), vec![]),
        ("customer=unknown".to_owned(), vec![]),
    ] {
        assert_eq!(shown(&browser, &query, &all).await, expected, "{query}");
    }
    let row = browser.get("/console?tab=all").await.text;
    assert_eq!(row.matches("<span class=\"door\">native</span>").count(), 1, "{row}");
}

#[tokio::test]
async fn the_log_shows_entries_of_a_type_and_the_command_that_reads_each() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    test.say(thread, "Hello", Policy::Queue).await;
    test.settle(thread).await;
    let path = format!("/console/threads/{thread}/log");
    let all = browser.get(&path).await.text;
    assert!(all.contains("<code>turn.completed</code>") && all.contains("events?after=0&#38;limit=1"), "{all}");
    let some = browser.get(&format!("{path}?type=turn.completed")).await.text;
    assert_eq!(some.matches("<li><details>").count(), 1, "{some}");
    assert!(!some.contains("<code>message.completed</code>"));
    let none = browser.get(&format!("{path}?type=thread.taken")).await.text;
    assert!(none.contains("No entry of this type"), "{none}");
    let unknown = browser.get(&format!("{path}?type=%3Cx%3E")).await;
    assert_eq!(unknown.status, 200, "an unknown type is no filter");
    assert!(unknown.text.contains("<code>turn.completed</code>"));
}
