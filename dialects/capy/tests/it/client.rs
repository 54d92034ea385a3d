//! A client of the door, and the thread that it talks about.

use std::{ops::Deref, sync::Arc};

use dialect_capy::Capy;
use dialect_kit::testing;
use domain::Limits;
use engine::testing::Choices;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

pub use dialect_kit::testing::{Reply, keys};

/// A server of the one dialect, with a thread.
pub struct Door(testing::Door);

impl Deref for Door {
    type Target = testing::Door;

    fn deref(&self) -> &testing::Door {
        &self.0
    }
}

/// What a refusal of this door looks like.
pub trait Refused {
    /// The answer is an error of Capy's shape with nothing else in it; the error.
    fn refused(&self, status: u16, code: &str) -> Value;

    /// The answer is a 422 for the one fault at `path`.
    fn invalid(&self, path: &str) {
        let details = self.refused(422, "validation_error")["details"].clone();
        let [detail] = details.as_array().map(Vec::as_slice).expect("a list") else { panic!("{details}") };
        assert_eq!(keys(detail), ["code", "message", "path"], "{detail}");
        assert_eq!(detail["path"], path, "{detail}");
    }
}

impl Refused for Reply {
    fn refused(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        assert!(!self.header("x-request-id").is_empty(), "{self:?}");
        let body = self.json();
        assert_eq!(keys(&body), ["error"], "{self:?}");
        let error = &body["error"];
        let expected: &[&str] = if status == 422 { &["code", "details", "message"] } else { &["code", "message"] };
        assert_eq!(keys(error), expected, "{self:?}");
        assert_eq!(error["code"], code, "{self:?}");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        error.clone()
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
        Self::of(choices).await
    }

    pub async fn of(choices: Choices) -> Self {
        Self(testing::Door::of(choices, vec![Arc::new(Capy)]).await)
    }

    pub fn message_path(&self) -> String {
        format!("/api/v1/threads/{}/message", self.thread.prefixed("jam_"))
    }

    pub fn messages_path(&self) -> String {
        format!("/api/v1/threads/{}/messages", self.thread.prefixed("jam_"))
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path).bearer_auth(&self.server.test.key)
    }

    pub async fn send(&self, body: &Value) -> Reply {
        Reply::of(self.post(&self.message_path()).json(body)).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        Reply::of(self.request(Method::GET, path).bearer_auth(&self.server.test.key)).await
    }

    /// A page of the thread's list.
    pub async fn list(&self, query: &str) -> Reply {
        self.get(&format!("{}?{query}", self.messages_path())).await
    }

    /// Nothing has happened in the thread since it was made, and the door still answers.
    pub async fn assert_untouched(&self) {
        self.0.assert_untouched().await;
        assert_eq!(self.list("").await.status, 200);
    }
}
