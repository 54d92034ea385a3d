//! A client of the door, and the thread that it talks about.

use std::{ops::Deref, sync::Arc};

use dialect_feather::Feather;
use dialect_kit::{Contract, testing};
use domain::Limits;
use engine::testing::Choices;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

pub use dialect_kit::testing::{Events, Reply, keys};

/// A server with a thread.
pub struct Door(testing::Door);

impl Deref for Door {
    type Target = testing::Door;

    fn deref(&self) -> &testing::Door {
        &self.0
    }
}

/// What a refusal of this door looks like.
pub trait Refused {
    /// The answer is an error of Feather's shape with nothing else in it; its message.
    fn refused(&self, status: u16, code: &str) -> String;

    /// The answer is a 400.
    fn bad(&self) -> String {
        self.refused(400, "BAD_REQUEST")
    }
}

impl Refused for Reply {
    fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        let body = self.json();
        assert_eq!(keys(&body), ["code", "message", "status", "success"], "{self:?}");
        assert_eq!((&body["status"], &body["code"], &body["success"]), (&status.into(), &code.into(), &false.into()));
        body["message"].as_str().filter(|text| !text.is_empty()).expect("a message").to_owned()
    }
}

impl Door {
    pub async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// With other limits.
    pub async fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let mut choices = Choices::default();
        change(&mut choices.limits);
        Self::of(choices, vec![Arc::new(Feather)]).await
    }

    pub async fn of(choices: Choices, dialects: Vec<Arc<dyn Contract>>) -> Self {
        Self(testing::Door::of(choices, dialects).await)
    }

    /// Behind proxies on this machine.
    pub async fn behind_proxies(change: impl FnOnce(&mut Limits)) -> Self {
        let mut choices = Choices::default();
        change(&mut choices.limits);
        let proxies = "127.0.0.1".parse().expect("an address");
        Self(testing::Door::on(testing::Server::behind(proxies, choices, vec![Arc::new(Feather)]).await).await)
    }

    /// Stops the server.
    pub async fn stop(self) {
        self.0.server.stop().await;
    }

    /// With the key.
    pub fn keyed(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).header("X-API-Key", &self.server.test.key)
    }

    pub fn messages_path(&self) -> String {
        format!("/api/v1/threads/{}/messages", self.thread)
    }

    pub fn stream_path(&self) -> String {
        format!("/api/v1/threads/{}/stream", self.thread)
    }

    pub async fn send(&self, body: &Value) -> Reply {
        Reply::of(self.keyed(Method::POST, &self.messages_path()).json(body)).await
    }

    /// A page of the thread's list.
    pub async fn list(&self, query: &str) -> Reply {
        Reply::of(self.keyed(Method::GET, &format!("{}?{query}", self.messages_path()))).await
    }

    /// The stream, once it is open.
    pub async fn follow(&self, last_event_id: Option<&str>) -> Events {
        let mut request = self.keyed(Method::GET, &self.stream_path());
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{response:?}");
        Events::of(response)
    }

    /// Nothing has happened in the thread since it was made, and the door still answers.
    pub async fn assert_untouched(&self) {
        self.0.assert_untouched().await;
        assert_eq!(self.list("").await.status, 200);
    }
}
