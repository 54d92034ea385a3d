//! A thread's log as a stream: resumed anywhere, nothing is missed and nothing comes twice.

use domain::script::Reply;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, id_of, reply, text},
    sse::{Event, Stream},
};

fn ids(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.id.as_str()).collect()
}

/// What of a stream is in the log.
fn lasting(events: &[Event]) -> Vec<Event> {
    events.iter().filter(|event| event.event != "message.delta").cloned().collect()
}

const SAID: &str = "one two three four five six";

/// A reply in pieces, that never ends.
fn in_pieces() -> Vec<Reply> {
    let pieces = Reply { chunks: Some(6), delay_ms: Some(60), ..Reply::default() };
    vec![Reply { text: Some(SAID.into()), hang: true, ..pieces }]
}

/// What the pieces among the events say together.
fn said(events: &[Event]) -> String {
    let pieces = events.iter().filter(|event| event.event == "message.delta");
    pieces.map(|event| text(&event.data["data"]["text"])).collect()
}

#[tokio::test]
async fn a_stream_shows_the_log_as_the_list_does() {
    let api = Api::start().await;
    let thread = api.thread().await;
    api.ask(&thread, "two\nlines \u{2028} and \r more").await;
    let mut stream = api.stream(&thread, "").await;
    let events = stream.until("turn.completed").await;
    let listed = api.list(&format!("{thread}/events")).await;
    assert_eq!(events.iter().map(|event| event.data.clone()).collect::<Vec<_>>(), listed);
    assert_eq!(ids(&events), ["1", "2", "3", "4", "5", "6"]);
    assert!(events.iter().all(|event| event.data["type"] == json!(event.event)));
}

#[tokio::test]
async fn a_stream_resumed_at_every_position_goes_on_with_the_next() {
    let api = Api::start().await;
    let thread = api.thread().await;
    for text in ["one", "two", "three"] {
        api.ask(&thread, text).await;
    }
    let whole = api.stream(&thread, "?after=0").await.until_id("16").await;
    assert_eq!(whole.len(), 16);
    for seen in 0..whole.len() {
        let last = if seen == 0 { "0" } else { &whole[seen - 1].id };
        assert_eq!(api.resume(&thread, last).await.until_id("16").await, whole[seen..], "after {last}");
        let queried = api.stream(&thread, &format!("?after={last}")).await.until_id("16").await;
        assert_eq!(queried, whole[seen..]);
    }
}

#[tokio::test]
async fn pieces_are_shown_as_they_are_said_and_a_reader_resumes_between_them() {
    let api = Api::start().await;
    api.test().script(in_pieces()).await;
    let thread = api.thread().await;
    let mut live = api.stream(&thread, "?after=head").await;
    let sent = api.say(&thread, "x").await;
    let mut seen = Vec::new();
    while said(&seen) != SAID {
        seen.extend(live.until("message.delta").await);
    }
    let deltas: Vec<&Event> = seen.iter().filter(|event| event.event == "message.delta").collect();
    let step = seen.iter().find(|event| event.event == "step.started").unwrap();
    let mut offset = 0;
    for (n, delta) in (1..).zip(&deltas) {
        assert_eq!(delta.id, format!("{}.{n}", step.id));
        assert_eq!((&delta.data["seq"], &delta.data["n"]), (&step.data["seq"], &json!(n)));
        let piece = &delta.data["data"];
        assert_eq!((&delta.data["turn"], &piece["message"]), (&sent["turn"]["id"], &step.data["data"]["message"]));
        assert_eq!((&piece["kind"], &piece["attempt"], &piece["offset"]), (&json!("text"), &json!(1), &json!(offset)));
        offset += text(&piece["text"]).len();
    }
    let last = seen.last().unwrap().id.clone();
    for at in 0..seen.len() - 1 {
        assert_eq!(api.resume(&thread, &seen[at].id).await.until_id(&last).await, seen[at + 1..], "{}", seen[at].id);
    }
    let beyond = format!("{}.{}", step.id, deltas.len() + 1);
    let refused = reply(api.stream_request(&thread, "").header("last-event-id", beyond)).await;
    assert_eq!(refused.refused(400), "invalid_position");

    api.act(&format!("{thread}/cancel")).await.is(200);
    let end = live.until("turn.cancelled").await;
    let message = &end[0].data["data"]["message"];
    assert_eq!((&message["interrupted"], &message["content"][0]["text"]), (&json!(true), &json!(SAID)));
    assert_eq!(message["id"], step.data["data"]["message"]);
    for delta in deltas {
        // Its pieces may be gone by now: then it goes on with the next entry.
        let rest = api.resume(&thread, &delta.id).await.until("turn.cancelled").await;
        assert_eq!(lasting(&rest), end, "{}", delta.id);
    }
}

#[tokio::test]
async fn a_stream_filters_by_type() {
    let api = Api::start().await;
    let thread = api.thread().await;
    api.ask(&thread, "x").await;
    let mut stream = api.stream(&thread, "?types=message.completed,turn.completed").await;
    assert_eq!(ids(&stream.until("turn.completed").await), ["5", "6"]);
    api.say(&thread, "y").await;
    assert_eq!(ids(&stream.until("turn.completed").await), ["10", "11"]);
    api.test().script(in_pieces()).await;
    let mut deltas = api.stream(&thread, "?after=head&types=message.delta").await;
    api.say(&thread, "z").await;
    assert_eq!(deltas.next().await.unwrap().event, "message.delta");
}

#[tokio::test]
async fn without_a_position_a_stream_begins_at_the_beginning_and_with_head_at_the_end() {
    let api = Api::start().await;
    let thread = api.thread().await;
    api.ask(&thread, "x").await;
    assert_eq!(api.stream(&thread, "").await.next().await.unwrap().id, "1");
    let mut head = api.stream(&thread, "?after=head").await;
    api.patch(&thread, json!({"title": "T"})).await.is(200);
    assert_eq!(head.next().await.unwrap().id, "7");
}

#[tokio::test]
async fn the_header_wins_over_the_parameter() {
    let api = Api::start().await;
    let thread = api.thread().await;
    api.ask(&thread, "x").await;
    for after in ["?after=1", "?after=head", "?after=9999", "?after=nonsense"] {
        let mut stream = Stream::open(api.stream_request(&thread, after).header("last-event-id", "4")).await;
        assert_eq!(stream.next().await.unwrap().id, "5", "{after}");
    }
}

#[tokio::test]
async fn what_is_no_position_is_refused_before_the_stream_opens() {
    let api = Api::start().await;
    let thread = api.thread().await;
    api.ask(&thread, "x").await;
    for bad in ["", "-1", "01", "1.", "1.0", "x", "7", "6.1", "6.99", "9999", "1099511627776", &"9".repeat(10_000)] {
        let query = api.stream_request(&thread, &format!("?after={bad}"));
        let header = api.stream_request(&thread, "").header("last-event-id", bad);
        let list = api.request(Method::GET, &format!("{thread}/events?after={bad}"));
        for request in [query, header, list] {
            let refused = reply(request).await;
            assert!(["invalid_position", "invalid_parameter"].contains(&&*refused.refused(400)), "{bad}");
        }
    }
    let twice = api.stream_request(&thread, "").header("last-event-id", "1").header("last-event-id", "2");
    assert_eq!(reply(twice).await.at_fault(), "Last-Event-ID");
    let head = api.stream_request(&thread, "").header("last-event-id", "head");
    assert_eq!(reply(head).await.at_fault(), "Last-Event-ID");
    // A position within what was once said is before the head.
    assert_eq!(api.resume(&thread, "4.77").await.next().await.unwrap().id, "5");
}

#[tokio::test]
async fn a_stream_ends_when_its_thread_is_deleted() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let mut all = api.stream(&thread, "").await;
    let mut filtered = api.stream(&thread, "?types=thread.closed").await;
    assert_eq!(all.next().await.unwrap().id, "1");
    api.delete(&thread).await.is(204);
    assert_eq!((all.rest().await, filtered.rest().await), (vec![], vec![]));
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let mut stream = api.stream(&thread, "").await;
    assert_eq!(stream.next().await.unwrap().id, "1");
    let (_, rest) = tokio::join!(api.server.stop(), stream.rest());
    assert_eq!(rest, []);
}

#[tokio::test]
async fn silence_is_broken_by_comments() {
    let api = Api::limited(|limits| limits.heartbeat_s = 0).await;
    let thread = api.thread().await;
    let mut stream = api.stream(&thread, "?after=head").await;
    assert_eq!(stream.next().await.unwrap(), Event { comment: "keep-alive".into(), ..Event::default() });
}

#[tokio::test]
async fn a_client_that_accepts_anything_gets_the_list() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let path = format!("{thread}/events");
    for (accept, stream) in [
        ("*/*", false),
        ("application/json", false),
        ("text/event-stream", true),
        ("TEXT/EVENT-STREAM;q=0.9, */*", true),
        ("application/json, text/event-stream", true),
    ] {
        let request = api.request(Method::GET, &path).header("accept", accept);
        let response = request.send().await.unwrap();
        let expect = if stream { "text/event-stream" } else { "application/json" };
        assert_eq!(response.headers()["content-type"], expect, "{accept}");
    }
}

#[tokio::test]
async fn many_readers_see_the_same() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let mut readers = Vec::new();
    for _ in 0..50 {
        readers.push(api.stream(&thread, "?types=message.created,message.completed,turn.completed").await);
    }
    api.say(&thread, "x").await;
    let mut seen: Vec<Vec<Event>> = Vec::new();
    for reader in &mut readers {
        seen.push(reader.until("turn.completed").await);
    }
    assert!(seen.iter().all(|events| *events == seen[0] && ids(events) == ["2", "5", "6"]));
    assert_eq!(seen[0][0].data["thread"], Value::from(id_of(&thread).to_string()));
}
