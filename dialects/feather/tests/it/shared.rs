//! Paths that another API has too: the method or the credential says who answers, whatever the order of registration.

use std::sync::Arc;

use dialect_capy::Capy;
use dialect_feather::Feather;
use dialect_kit::Contract;
use engine::testing::Choices;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::client::{Door, Refused, Reply, keys};

/// Servers of both dialects, in either order.
async fn doors() -> [Door; 2] {
    let (capy, feather): (Arc<dyn Contract>, Arc<dyn Contract>) = (Arc::new(Capy), Arc::new(Feather));
    let capy_first = Door::of(Choices::default(), vec![capy.clone(), feather.clone()]).await;
    let feather_first = Door::of(Choices::default(), vec![feather, capy]).await;
    [capy_first, feather_first]
}

fn bearer(door: &Door, method: Method, path: &str) -> RequestBuilder {
    door.request(method, path).bearer_auth(&door.server.test.key)
}

fn both(door: &Door, method: Method, path: &str) -> RequestBuilder {
    door.keyed(method, path).bearer_auth(&door.server.test.key)
}

/// The answer is an error of the other API's shape.
fn refused_by_capy(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(keys(&reply.json()), ["error"], "{reply:?}");
    assert_eq!(reply.json()["error"]["code"], code, "{reply:?}");
}

#[tokio::test]
async fn a_send_is_taken_by_the_door_whose_path_it_is() {
    for door in doors().await {
        let (plural, singular) = (door.messages_path(), format!("/api/v1/threads/{}/message", door.thread));
        let body = json!({"message": "x"});
        assert_eq!(Reply::of(door.keyed(Method::POST, &plural).json(&body)).await.json()["status"], "accepted");
        assert_eq!(Reply::of(bearer(&door, Method::POST, &singular).json(&body)).await.json()["status"], "sent");
        Reply::of(bearer(&door, Method::POST, &plural).json(&body)).await.refused(403, "FORBIDDEN");
        Reply::of(door.request(Method::POST, &plural).json(&body)).await.refused(403, "FORBIDDEN");
        refused_by_capy(&Reply::of(door.keyed(Method::POST, &singular).json(&body)).await, 401, "unauthorized");
        refused_by_capy(&Reply::of(door.request(Method::POST, &singular).json(&body)).await, 401, "unauthorized");
        let ignored = Reply::of(both(&door, Method::POST, &singular).json(&body)).await;
        assert_eq!(ignored.json()["status"], "sent", "the other header is ignored where the path is not shared");
    }
}

#[tokio::test]
async fn a_list_is_written_in_the_words_of_the_key_it_is_asked_with() {
    for door in doors().await {
        let path = door.messages_path();
        assert_eq!(keys(&Reply::of(door.keyed(Method::GET, &path)).await.json()), ["thread"]);
        assert_eq!(
            keys(&Reply::of(bearer(&door, Method::GET, &path)).await.json()),
            ["hasMore", "items", "nextCursor"]
        );
        refused_by_capy(&Reply::of(door.request(Method::GET, &path)).await, 401, "unauthorized");
        Reply::of(door.request(Method::GET, &path).header("X-API-Key", "bad")).await.refused(403, "FORBIDDEN");
        Reply::of(door.request(Method::GET, &path).header("X-API-Key", "")).await.refused(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn both_keys_at_once_are_400_where_both_doors_have_the_path() {
    for door in doors().await {
        for (method, path) in [(Method::GET, door.messages_path()), (Method::POST, door.messages_path())] {
            let request = both(&door, method, &path).json(&json!({"message": "x"}));
            assert_eq!(Reply::of(request).await.bad(), "Send X-API-Key or Authorization, not both");
        }
        assert_eq!(door.found().await.last_seq, 1);
        let stream = both(&door, Method::GET, &door.stream_path()).send().await.expect("an answer");
        assert_eq!(stream.status(), 200, "only one door has the stream");
    }
}

#[tokio::test]
async fn a_method_that_neither_takes_is_405_with_the_methods_of_both() {
    for door in doors().await {
        let path = door.messages_path();
        let by_feather = Reply::of(door.keyed(Method::DELETE, &path)).await;
        by_feather.refused(405, "METHOD_NOT_ALLOWED");
        let by_capy = Reply::of(bearer(&door, Method::DELETE, &path)).await;
        refused_by_capy(&by_capy, 405, "method_not_allowed");
        for reply in [by_feather, by_capy] {
            let mut allowed: Vec<&str> = reply.header("allow").split(", ").collect();
            allowed.sort_unstable();
            assert_eq!(allowed, ["GET", "HEAD", "POST"]);
        }
        let reply = Reply::of(door.request(Method::POST, &door.stream_path())).await;
        reply.refused(405, "METHOD_NOT_ALLOWED");
        assert_eq!(reply.header("allow"), "GET, HEAD");
    }
}

#[tokio::test]
async fn an_unknown_path_is_answered_by_whose_key_it_brings() {
    for door in doors().await {
        for path in ["/api/v1/whatever", "/api/v1/threads/x/whatever"] {
            Reply::of(door.keyed(Method::GET, path)).await.refused(404, "NOT_FOUND");
            refused_by_capy(&Reply::of(bearer(&door, Method::GET, path)).await, 404, "not_found");
            refused_by_capy(&Reply::of(door.request(Method::GET, path)).await, 404, "not_found");
        }
        Reply::of(bearer(&door, Method::GET, "/api/v1/chat/whatever")).await.refused(404, "NOT_FOUND");
        let bare = format!("/v1/threads/{}/messages", door.thread);
        refused_by_capy(&Reply::of(door.keyed(Method::GET, &bare)).await, 401, "unauthorized");
        refused_by_capy(
            &Reply::of(door.keyed(Method::GET, "/api/v1/projects/x/browser-snapshots")).await,
            401,
            "unauthorized",
        );
    }
}

#[tokio::test]
async fn both_doors_show_the_same_thread() {
    for door in doors().await {
        let (plural, singular) =
            (door.messages_path(), format!("/api/v1/threads/{}/message", door.thread.prefixed("jam_")));
        door.send(&json!({"message": "through one"})).await;
        door.server.test.settle(door.thread).await;
        Reply::of(bearer(&door, Method::POST, &singular).json(&json!({"message": "through the other"}))).await;
        door.server.test.settle(door.thread).await;
        let capy = Reply::of(bearer(&door, Method::GET, &plural)).await.json();
        let feather = Reply::of(door.keyed(Method::GET, &plural)).await.json();
        let of = |list: &Value, names: [&str; 4]| -> Vec<[Value; 4]> {
            list.as_array().expect("a list").iter().map(|item| names.map(|name| item[name].clone())).collect()
        };
        let mut capy = of(&capy["items"], ["id", "source", "content", "createdAt"]);
        for [_, source, ..] in &mut capy {
            *source = json!(if source == "user" { "INBOUND" } else { "OUTBOUND" });
        }
        let feather = of(&feather["thread"]["messages"], ["id", "direction", "messageBody", "createdAt"]);
        assert_eq!(capy, feather);
        let directions: Vec<&str> = feather.iter().filter_map(|message| message[1].as_str()).collect();
        assert_eq!(directions, ["OUTBOUND", "INBOUND", "OUTBOUND", "INBOUND"]);
    }
}
