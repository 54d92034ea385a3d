//! Searches of threads by their messages or properties.

use domain::{Caller, Limits, Result, ThreadId, controls::Policy, thread::Thread};
use engine::{
    App,
    app::threads::{Filter, NewThread, search::Found},
    testing::{Choices, TestApp},
};

/// All pages of two that `search` finds, and their number.
async fn pages<P: Clone>(search: impl AsyncFn(Option<P>) -> Result<Found<P>>) -> (Vec<ThreadId>, usize) {
    let (mut found, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = search(before).await.unwrap();
        assert!(page.threads.len() <= 2);
        found.extend(page.threads.iter().map(|thread| thread.id));
        pages += 1;
        before = page.next;
        if before.is_none() {
            return (found, pages);
        }
    }
}

async fn said(app: &App, caller: &Caller) -> (Vec<ThreadId>, usize) {
    pages(async |before| app.threads_that_say(caller, Filter::default(), "Needle", before, 2).await).await
}

async fn titled(app: &App, caller: &Caller) -> (Vec<ThreadId>, usize) {
    let is = |thread: &Thread| thread.title.is_some();
    pages(async |before| app.search_threads(caller, Filter::default(), is, before, 2).await).await
}

#[tokio::test]
async fn a_page_that_has_looked_at_enough_says_where_to_go_on() {
    let mut limits = Limits { requests_per_s: 0, ..Limits::default() };
    let test = TestApp::with(Choices { turns: 0, limits: limits.clone(), ..Choices::default() }).await;
    let mut wanted = Vec::new();
    for i in 0..10 {
        let title = (i % 4 == 0).then(|| "A NEEDLE".to_owned());
        let new = NewThread { title: title.clone(), ..NewThread::default() };
        let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
        test.say(thread, if i % 4 == 1 { "a needle" } else { "hay" }, Policy::Queue).await;
        wanted.push((thread, title.is_some(), i % 4 < 2));
    }
    wanted.reverse();
    let with_title: Vec<_> = wanted.iter().filter(|(_, titled, _)| *titled).map(|(id, ..)| *id).collect();
    let with_needle: Vec<_> = wanted.iter().filter(|(.., said)| *said).map(|(id, ..)| *id).collect();
    assert_eq!(said(&test.app, &test.caller).await, (with_needle.clone(), 3));
    assert_eq!(titled(&test.app, &test.caller).await, (with_title.clone(), 2));

    limits.search_scan = 1;
    let folder = test.stop().await;
    let test = TestApp::with(Choices { turns: 0, limits, folder: Some(folder), ..Choices::default() }).await;
    assert_eq!(
        said(&test.app, &test.caller).await,
        (with_needle, 11),
        "a page for each thread, and one that finds no more"
    );
    assert_eq!(titled(&test.app, &test.caller).await, (with_title, 11), "and one that finds no more");
}

#[tokio::test]
async fn a_search_goes_on_within_a_thread_that_is_longer_than_a_page_looks_at() {
    let limits = Limits { requests_per_s: 0, search_scan: 2, ..Limits::default() };
    let test = TestApp::with(Choices { turns: 0, limits, ..Choices::default() }).await;
    let [old, new] = [test.thread().await.id, test.thread().await.id];
    for thread in [old, new] {
        test.say(thread, "a needle", Policy::Queue).await;
        for _ in 0..6 {
            test.say(thread, "hay", Policy::Queue).await;
        }
    }
    assert_eq!(said(&test.app, &test.caller).await, (vec![new, old], 8), "two messages a page");
}
