//! Models that only the configuration has.

use dialect_everruns::Everruns;
use domain::model::{self, CATALOGUE};
use engine::testing::{
    Choices,
    peers::{Peer, Plays, models, route},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Door, Events};

/// A door with a model `house` and a pattern `lab-*`, and the peer behind both.
async fn door() -> (Door, Peer) {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let routes = [("house", route("far", "tiny")), ("lab-*", route("far", "tiny")), ("gpt-5.5", route("far", "tiny"))];
    let models = models(vec![peer.provider("far")], routes);
    (Door::with(Choices { models, ..Choices::default() }, Everruns::default()).await, peer)
}

fn id_of(name: &str) -> String {
    model::id(name).prefixed("model_")
}

#[tokio::test]
async fn a_configured_model_is_listed_under_the_id_of_its_name() {
    let (door, _peer) = door().await;
    let list = door.did(Method::GET, "/v1/models", Value::Null, 200).await;
    let listed = list["data"].as_array().unwrap();
    assert_eq!(listed.len(), CATALOGUE.len() + 1, "a pattern is no name");
    let house = listed.last().unwrap();
    assert_eq!((&house["id"], &house["model_id"]), (&json!(id_of("house")), &json!("house")));
    assert_eq!((&house["source"], house.get("model_vendor")), (&json!("manual"), None));
    assert_eq!((&house["provider_name"], &house["provider_type"]), (&json!("far"), &json!("openai")));
    let path = format!("/v1/models/{}", id_of("house"));
    assert_eq!(door.did(Method::GET, &path, Value::Null, 200).await, *house);
    let manual = door.did(Method::GET, "/v1/models?source=manual", Value::Null, 200).await;
    assert_eq!(manual["data"], json!([house]));
    let path = format!("/v1/providers/{}", house["provider_id"].as_str().unwrap());
    assert_eq!(door.did(Method::GET, &path, Value::Null, 200).await["name"], "far");
    let all = door.did(Method::GET, "/v1/providers", Value::Null, 200).await;
    assert!(all["data"].as_array().unwrap().iter().any(|provider| provider["name"] == "far"));
    let known = listed.iter().find(|model| model["model_id"] == "gpt-5.5").unwrap();
    assert_eq!((&known["provider_name"], &known["source"]), (&json!("openai"), &json!("predefined")));
    assert_eq!(
        door.did(Method::GET, &format!("/v1/models/{}", id_of("lab-1")), Value::Null, 404).await["code"],
        "model_not_found"
    );
}

#[tokio::test]
async fn a_message_a_session_and_an_agent_choose_a_configured_model() {
    let (door, peer) = door().await;
    let id = id_of("house");
    let new = json!({"name": "helper", "system_prompt": "", "default_model_id": id});
    let agent = door.did(Method::POST, "/v1/agents", new, 201).await;
    assert_eq!(agent["default_model_id"], id.as_str());
    let path = format!("/v1/agents/{}", agent["id"].as_str().unwrap());
    assert_eq!(
        door.did(Method::PATCH, &path, json!({"default_model_id": id}), 200).await["default_model_id"],
        id.as_str()
    );
    for (new, controls) in [
        (json!({"model_id": id}), json!(null)),
        (json!({"agent_name": "helper"}), json!(null)),
        (json!({}), json!({"model_id": id})),
    ] {
        let session = door.did(Method::POST, "/v1/sessions", new.clone(), 201).await;
        let session = session["id"].as_str().unwrap();
        let mut message = crate::client::said("hello");
        if !controls.is_null() {
            message["controls"] = controls;
        }
        let sent = door.send(session, &message).await;
        assert_eq!(sent.status, 201, "{new}: {sent:?}");
        let events = Events::open(&door, session, "").await.until("turn.completed").await;
        let started = events.iter().find(|event| event["type"] == "output.message.started").unwrap();
        assert_eq!(started["data"]["model"], "house", "{new}");
        let path = format!("/v1/sessions/{session}");
        let fork = door.did(Method::POST, &format!("{path}/fork"), json!({"model_id": id}), 201).await;
        assert_eq!(fork["model_id"], id.as_str());
    }
    assert!(peer.asked().iter().all(|asked| asked["model"] == "tiny"));
    assert_eq!(peer.asked().len(), 3);
}

#[tokio::test]
async fn an_id_that_no_listed_model_has_is_refused() {
    let (door, peer) = door().await;
    let (session, _) = door.session().await;
    for name in ["lab-1", "villa", "scripted"] {
        let mut message = crate::client::said("hello");
        message["controls"] = json!({"model_id": id_of(name)});
        let refused = door.send(&session, &message).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (400, &json!("model_not_found")), "{name}");
    }
    assert!(peer.asked().is_empty());
}
