//! Keys that die while an answer is being given.

use domain::{Limits, caller::Scopes, script::Reply};
use engine::{app::access::keys::NewKey, testing::Choices};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    server::{Api, id_of, reply},
    sse::Stream,
};

/// A server that looks each second, a thread, and a key with its id.
struct World {
    api: Api,
    thread: String,
    key: String,
    id: domain::KeyId,
}

impl World {
    async fn new() -> Self {
        let choices = Choices::default();
        let limits = Limits { credential_check_s: 1, ..choices.limits.clone() };
        let api = Api::with(Choices { limits, ..choices }).await;
        let thread = api.thread().await;
        let new = NewKey { name: "k".into(), scopes: Scopes::ALL, ..NewKey::default() };
        let (key, text) = api.test().app.create_key(&api.test().caller, new, None).await.unwrap();
        Self { api, thread, key: text, id: key.id }
    }

    /// A request with the key that will die.
    fn request(&self, method: Method, below: &str) -> RequestBuilder {
        self.api.bare(method, &format!("/threadline/v1{}{below}", self.thread)).bearer_auth(&self.key)
    }

    async fn revoke(&self) {
        self.api.delete(&format!("/keys/{}", self.id)).await.is(200);
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_key_is_revoked_and_another_goes_on() {
    let world = World::new().await;
    let open = world.request(Method::GET, "/events?after=head").header("accept", "text/event-stream");
    let (mut dying, mut living) = (Stream::open(open).await, world.api.stream(&world.thread, "?after=head").await);
    world.revoke().await;
    assert_eq!(dying.rest().await, [], "it ends with nothing more");
    world.api.say(&world.thread, "secret").await;
    assert_eq!(living.next().await.unwrap().event, "message.created");
}

#[tokio::test]
async fn a_long_poll_whose_key_is_revoked_is_401() {
    let world = World::new().await;
    let poll = tokio::spawn(world.request(Method::GET, "/events?after=head&wait=60").send());
    world.api.test().followed(id_of(&world.thread)).await;
    world.revoke().await;
    assert_eq!(poll.await.unwrap().unwrap().status(), 401);
}

#[tokio::test]
async fn a_send_whose_key_is_revoked_while_it_waits_is_stored_and_told_no_more() {
    let world = World::new().await;
    world.api.test().script(vec![Reply { hang: true, text: Some("x".into()), ..Reply::default() }]).await;
    let send = world.request(Method::POST, "/messages?wait=60").json(&json!({"text": "hello"}));
    let sending = tokio::spawn(reply(send));
    world.api.test().followed(id_of(&world.thread)).await;
    world.revoke().await;
    let sent = sending.await.unwrap().is(202);
    assert_eq!((&sent["message"]["content"][0]["text"], &sent["outcome"]), (&json!("hello"), &Value::Null));
    assert_eq!(world.api.list(&format!("{}/messages", world.thread)).await.len(), 1);
}
