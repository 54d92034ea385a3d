//! What the pages show.

use domain::{
    Timestamp,
    controls::Policy,
    message::Body,
    script::{Reply, ScriptedCall},
};
use engine::app::{messages::Send, threads::NewThread};
use reqwest::Method;

use crate::browser::{Browser, Page};

#[tokio::test]
async fn the_root_leads_browsers_to_the_console_and_programs_to_the_list() {
    let browser = Browser::start().await;
    let root = browser.get("/").await;
    assert_eq!((root.status, root.location.as_deref()), (303, Some("/console")));
    let list = reqwest::get(format!("{}/", browser.server.url)).await.unwrap();
    assert_eq!(list.json::<serde_json::Value>().await.unwrap()["name"], "Threadline");
}

#[tokio::test]
async fn pages_have_the_headers_that_protect_them() {
    let browser = Browser::signed_in(None).await;
    for path in ["/console", "/console/sign-in", "/console/threads/x"] {
        let page = browser.get(path).await;
        let policy = page.header("content-security-policy");
        for part in
            ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(!page.text.contains(" style=") && !page.text.contains("<style"), "{path}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_the_hash_of_their_content() {
    let browser = Browser::start().await;
    let page = browser.get("/console/sign-in").await;
    for name in ["app.css", "console.js", "desk.js", "icon.svg"] {
        let end = page.text.find(&format!("/{name}\"")).unwrap() + name.len() + 1;
        let start = page.text[..end].rfind('"').unwrap() + 1;
        let asset = browser.get(&page.text[start..end]).await;
        assert_eq!(asset.status, 200, "{name}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(browser.get(&format!("/console/assets/0000000000000000/{name}")).await.status, 404);
    }
}

#[tokio::test]
async fn the_inbox_has_fifty_threads_a_page() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    assert!(browser.get("/console").await.text.contains("No threads yet"));
    for n in 0..51 {
        let new = NewThread { title: Some(format!("Parcel <{n}>")), ..NewThread::default() };
        test.app.create_thread(&test.caller, new).await.unwrap();
    }
    let first = browser.get("/console").await.text;
    assert!(first.contains("Parcel &#60;50&#62;") && first.contains("Parcel &#60;1&#62;"), "{first}");
    assert!(!first.contains("Parcel &#60;0&#62;"));
    let next = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = browser.get(&next.replace("&#38;", "&")).await.text;
    assert!(second.contains("Parcel &#60;0&#62;") && !second.contains("Parcel &#60;1&#62;"));
    let found = browser.get("/console/threads?q=parcel+%3C7%3E").await.text;
    assert!(found.contains("Parcel &#60;7&#62;") && !found.contains("Parcel &#60;8&#62;"), "{found}");
    assert!(browser.get("/console/threads?q=nowhere").await.text.contains("Nothing was found"));
    assert!(browser.get("/console/threads?state=closed").await.text.contains("Nothing was found"));
}

fn scripted() -> Vec<Reply> {
    let call = ScriptedCall { id: None, name: "track_parcel".into(), arguments: serde_json::json!({"n": 1}).into() };
    vec![
        Reply { thinking: Some("Let me look.".into()), tool_calls: vec![call], ..Reply::default() },
        Reply {
            text: Some("It is **there**. [track](https://example.com/t) <script>alert(1)</script>".into()),
            ..Reply::default()
        },
    ]
}

#[tokio::test]
async fn a_thread_shows_who_said_what_and_the_tools() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    test.script(scripted()).await;
    let thread = test.thread().await.id;
    test.say(thread, "Where is <it>?\nOrder 4711", Policy::Queue).await;
    test.settle(thread).await;
    let page = browser.get(&format!("/console/threads/{thread}")).await.text;
    for part in [
        "Where is &#60;it&#62;?\nOrder 4711",
        "<strong>there</strong>",
        "rel=\"noopener noreferrer nofollow\">track</a> (example.com)",
        "&lt;script&gt;",
        "Let me look.",
        "<code>track_parcel</code>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<script>alert"));
    let turns = browser.get(&format!("/console/threads/{thread}/turns")).await.text;
    assert!(turns.contains("Completed") && turns.contains("class=\"bar-model\""), "{turns}");
    let log = browser.get(&format!("/console/threads/{thread}/log")).await.text;
    for kind in ["thread.created", "message.created", "turn.started", "tool.called", "turn.completed"] {
        assert!(log.contains(&format!("<code>{kind}</code>")), "{kind}");
    }
}

#[tokio::test]
async fn older_messages_come_on_demand() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    for n in 0..51 {
        let send = Send { respond: false, ..Send::new(thread, Body::text(format!("number {n}.")), Policy::Queue) };
        test.app.send(&test.caller, send).await.unwrap();
    }
    let page = browser.get(&format!("/console/threads/{thread}")).await.text;
    assert!(page.contains("number 50.") && page.contains("number 1.") && !page.contains("number 0."));
    let before = page.split("?before=").nth(1).unwrap().split('"').next().unwrap();
    let older = browser.get(&format!("/console/threads/{thread}?before={before}")).await.text;
    assert!(older.contains("number 0.") && !older.contains("number 1.") && !older.contains("data-position"));
}

#[tokio::test]
async fn a_thread_that_a_member_holds_says_that_no_agent_answers() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let thread = test.thread().await.id;
    let path = format!("/console/threads/{thread}");
    assert!(browser.get(&path).await.text.contains("<strong>default</strong> <span>answers here"));
    test.take(thread).await;
    let page = browser.get(&path).await.text;
    assert!(page.contains("<strong>Ann answers here"), "{page}");
    assert!(browser.get("/console").await.text.contains("Ann answers"));
}

#[tokio::test]
async fn forms_close_reopen_stop_and_retry() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    test.script(vec![Reply { text: Some("slow".into()), delay_ms: Some(600_000), ..Reply::default() }]).await;
    let thread = test.thread().await.id;
    let sent = test.say(thread, "Hello", Policy::Queue).await;
    let path = |rest: &str| format!("/console/threads/{thread}{rest}");
    let found = async || test.app.thread(&test.caller, thread).await.unwrap();
    let stopped = browser.post(&path("/cancel"), "").await;
    assert_eq!((stopped.status, stopped.location), (303, Some(path(""))));
    assert!(!found().await.run.is_open());
    let (turn, _) = sent.turn.unwrap();
    assert!(browser.get(&path("/turns")).await.text.contains(&format!("/turns/{turn}/retry")));
    assert_eq!(browser.post(&path(&format!("/turns/{turn}/retry")), "").await.status, 303);
    assert!(found().await.run.is_open());
    assert_eq!(browser.post(&path("/close"), "").await.status, 303);
    assert!(found().await.closed_at(Timestamp(0)).is_some());
    assert!(browser.get(&path("")).await.text.contains("/reopen\""));
    let again = browser.post(&path(&format!("/turns/{turn}/retry")), "").await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("role=\"alert\"") && again.text.contains("/reopen\""), "{}", again.text);
    assert_eq!(browser.post(&path("/reopen"), "").await.status, 303);
    assert!(found().await.closed.is_none());
}

/// Reads events of a live page until one contains a text.
async fn read_until(response: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        read += std::str::from_utf8(&response.chunk().await.unwrap().expect("the stream goes on")).unwrap();
    }
    read
}

#[tokio::test]
async fn a_live_page_gets_the_growing_answer_and_resumes_by_position() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let text = "First *part*.\n\nSecond part, [a](https://example.com).\n\nThird.";
    let reply = Reply { text: Some(text.into()), chunks: Some(20), delay_ms: Some(30), ..Reply::default() };
    test.script(vec![reply]).await;
    let thread = test.thread().await.id;
    let live = async |after: &str| {
        let path = format!("/console/live?topics=t:{thread}@{after}");
        browser.request(Method::GET, &path).header("sec-fetch-site", "same-origin").send().await.unwrap()
    };
    let mut first = live("1").await;
    assert_eq!(first.headers()["content-type"], "text/event-stream");
    test.say(thread, "Tell me", Policy::Queue).await;
    let read = read_until(&mut first, "event: block").await;
    assert!(read.contains("event: put") && read.contains("Tell me") && read.contains("growing"), "{read}");
    let position = read.rsplit("\"position\":\"").next().unwrap().split('"').next().unwrap().to_owned();
    drop(first);
    let mut second = live(&position).await;
    let read = read_until(&mut second, "event: put").await;
    assert!(read.contains("<em>part</em>"), "what the page may lack comes again: {read}");
    let read = read_until(&mut second, "answers here").await;
    assert!(read.contains("Third.") && read.contains("event: band"), "{read}");
    let refused = Page::of(live("x").await).await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn one_stream_follows_up_to_sixteen_threads_and_says_which_are_gone() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let (one, two) = (test.thread().await.id, test.thread().await.id);
    let (foreign, _) = test.other_project().await;
    let foreign = test.app.create_thread(&foreign, NewThread::default()).await.unwrap().id;
    let live = async |topics: &[String]| {
        let path = format!("/console/live?topics={}", topics.join("&topics="));
        browser.request(Method::GET, &path).header("sec-fetch-site", "same-origin").send().await.unwrap()
    };
    let topics = [one, two, foreign].map(|thread| format!("t:{thread}@1"));
    let mut stream = live(&topics).await;
    let read = read_until(&mut stream, "event: gone").await;
    assert!(read.contains(&foreign.to_string()), "{read}");
    for (thread, text) in [(two, "To the second"), (one, "To the first")] {
        test.say(thread, text, Policy::Queue).await;
        let read = read_until(&mut stream, text).await;
        assert!(read.contains(&format!("\"thread\":\"{thread}\"")), "{read}");
    }
    let many: Vec<String> = (0..17).map(|_| topics[0].clone()).collect();
    assert_eq!(live(&many[..16]).await.status(), 200);
    for wrong in [
        &many[..],
        &[],
        &["x".into()],
        &["i:needs".into()],
        &["i:x@1".into()],
        &[format!("t:{one}")],
        &[format!("t:{one}@x")],
    ] {
        assert_eq!(live(wrong).await.status(), 400, "{wrong:?}");
    }
    test.app.delete_thread(&test.caller, one).await.unwrap();
    let read = read_until(&mut stream, "event: gone").await;
    assert!(read.contains(&one.to_string()), "{read}");
}

#[tokio::test]
async fn a_search_marks_the_text_and_leads_to_the_message() {
    let browser = Browser::signed_in(None).await;
    let test = &browser.server.test;
    let new = NewThread { title: Some("Parcel <7>".into()), ..NewThread::default() };
    let thread = test.app.create_thread(&test.caller, new).await.unwrap().id;
    let body = Body::text(format!("{} The <b>ÄNDERUNG</b> is in, a änderung too.", "before ".repeat(40)));
    let sent = test.app.send(&test.caller, Send::new(thread, body, Policy::Queue)).await.unwrap().message.id;
    let found = browser.get("/console/search?q=%C3%A4nderung&by=key").await;
    assert!(found.text.contains("&#60;b&#62;<mark>ÄNDERUNG</mark>&#60;/b&#62; is in, a <mark>änderung</mark> too."));
    assert!(found.text.contains(&format!("href=\"/console/threads/{thread}#m-{sent}\">Parcel &#60;7&#62;</a>")));
    assert!(found.text.contains("… "), "the beginning is cut");
    for (filter, is_there) in [
        ("by=member", false),
        ("handling=agent", true),
        ("handling=person", false),
        ("since=2000-01-01", true),
        ("until=2000-01-01", false),
        ("since=nonsense&agent=x&by=x&handling=x&customer=x&before=x", true),
    ] {
        let found = browser.get(&format!("/console/search?q=%C3%A4nderung&{filter}")).await;
        assert_eq!((found.status, found.text.contains("<mark>ÄNDERUNG</mark>")), (200, is_there), "{filter}");
    }
    let empty = browser.get("/console/search").await;
    assert!(empty.text.contains("Find what was said") && !empty.text.contains("<mark>"));
    assert!(browser.get("/console").await.text.contains("href=\"/console/search\""), "the rail leads to it");
}

#[tokio::test]
async fn scripts_and_styles_are_compressed_and_pages_are_not() {
    let browser = Browser::signed_in(None).await;
    let ask = |path: String| browser.request(Method::GET, &path).header("accept-encoding", "gzip, br");
    let page = ask("/console".into()).header("sec-fetch-site", "none").send().await.unwrap();
    assert!(!page.headers().contains_key("content-encoding"));
    let page = page.text().await.unwrap();
    let script = page.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let small = ask(script.clone()).send().await.unwrap();
    assert_eq!(
        (small.status().as_u16(), &small.headers()["content-encoding"]),
        (200, &reqwest::header::HeaderValue::from_static("gzip"))
    );
    assert_eq!(small.headers()["vary"], "accept-encoding");
    let small = small.bytes().await.unwrap();
    let whole = browser.request(Method::GET, &script).send().await.unwrap().bytes().await.unwrap();
    assert!(small.starts_with(&[0x1f, 0x8b]) && small.len() * 2 < whole.len(), "{} of {}", small.len(), whole.len());
}
