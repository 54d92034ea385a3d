//! Cursors and filters that are not what was given out: refused before the stream opens.

use serde_json::json;

use crate::client::{Answer, Door, Events};

async fn refused(door: &Door, session: &str, query: &str, header: Option<&str>) -> (u16, String) {
    let mut request = door.get(&format!("/v1/sessions/{session}/sse?{query}"));
    if let Some(id) = header {
        request = request.header("last-event-id", id);
    }
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.content_type, "application/problem+json", "{query} {header:?}: {answer:?}");
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_was_never_given_out_is_no_position() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let (other, _) = door.session().await;
    door.say(&session, "x").await;
    door.say(&other, "x").await;
    door.server.test.settle(thread).await;
    let id_of = async |session: &str| {
        Events::open(&door, session, "?after_sequence=0").await.event().await["id"].as_str().unwrap().to_owned()
    };
    let (own, foreign) = (id_of(&session).await, id_of(&other).await);
    let flip = |at: usize| {
        let mut bytes = own.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    };
    let (upper, cut, long) = (own.to_uppercase(), own[..37].to_owned(), "e".repeat(10_000));
    let made_up = [flip(6), flip(20), flip(37)];
    let never = ["", "1", "-1", "event_", "event_zz", "%00", &own[6..], &upper, &cut, &foreign, &long];
    for id in never.into_iter().chain(made_up.iter().map(String::as_str)) {
        let by_query = refused(&door, &session, &format!("since_id={id}"), None).await;
        let expected = if id == "%00" { "invalid_parameter" } else { "invalid_event_id" };
        assert_eq!(by_query, (400, expected.into()), "{id}");
        if !matches!(id, "" | "%00") {
            let by_header = refused(&door, &session, &format!("since_id={own}"), Some(id)).await;
            assert_eq!(by_header, (400, "invalid_event_id".into()), "{id}");
        }
    }
}

#[tokio::test]
async fn a_position_beyond_the_head_is_refused_and_the_head_is_not() {
    let door = Door::open().await;
    let (session, thread) = door.session().await;
    let last = door.last_seq(thread).await;
    for beyond in [last + 1, 1_099_511_627_776, i64::MAX] {
        let query = format!("after_sequence={beyond}");
        assert_eq!(refused(&door, &session, &query, None).await, (400, "invalid_position".into()), "{beyond}");
    }
    for bad in [
        "",
        "-1",
        "x",
        "1.5",
        "+1",
        "%2B1",
        "01",
        "9223372036854775808",
        "18446744073709551615",
        "99999999999999999999",
        "1&after_sequence=1",
    ] {
        let query = format!("after_sequence={bad}");
        assert_eq!(refused(&door, &session, &query, None).await, (400, "invalid_parameter".into()), "{bad}");
    }
    let mut live = Events::open(&door, &session, &format!("?after_sequence={last}")).await;
    door.say(&session, "x").await;
    assert_eq!(live.event().await["sequence"], last + 1);
}

#[tokio::test]
async fn two_cursors_of_one_kind_are_refused() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    let id = Events::open(&door, &session, "?after_sequence=0").await.event().await["id"].as_str().unwrap().to_owned();
    let query = format!("since_id={id}&since_id={id}");
    assert_eq!(refused(&door, &session, &query, None).await, (400, "invalid_parameter".into()));
    let twice =
        door.get(&format!("/v1/sessions/{session}/sse")).header("last-event-id", &id).header("last-event-id", &id);
    let answer = Answer::of(twice.send().await.unwrap()).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("invalid_parameter")));
}

#[tokio::test]
async fn unknown_types_and_too_many_are_refused() {
    let door = Door::open().await;
    let (session, _) = door.session().await;
    for parameter in ["types", "exclude"] {
        for bad in ["", "turn.begun", "turn.started,turn.completed", "TURN.STARTED", "*"] {
            let query = format!("{parameter}={bad}");
            assert_eq!(refused(&door, &session, &query, None).await, (400, "invalid_parameter".into()), "{query}");
        }
        let many = |count: usize| vec![format!("{parameter}=turn.started"); count].join("&");
        assert_eq!(refused(&door, &session, &many(65), None).await.0, 400);
        Events::open(&door, &session, &format!("?{}", many(64))).await;
    }
}
