//! Threads that somebody may see.

use std::collections::BTreeMap;

use domain::caller::SubjectKind;
use serde_json::json;

use super::subjects::Subject;
use crate::{
    bad_input::world::{Api, World, text},
    process::KEY,
};

/// The id of a thing by the word that stands before it in a path.
pub type Things = BTreeMap<&'static str, String>;

/// Whose threads are begun for those who cannot begin one.
#[derive(Clone)]
pub struct BegunBy {
    /// A key of the agent, in whose line the others are.
    pub program: String,
    /// The customer with the token.
    pub customer: String,
}

/// A thread of the first project, in which an agent has answered.
#[derive(Clone)]
pub struct Visit {
    thread: String,
    message: String,
    answer: String,
    turn: String,
    /// The token for this thread alone.
    pub secret: Option<String>,
}

impl Visit {
    /// A new thread that the subject may see.
    pub async fn of(world: &World, subject: &Subject, by: &BegunBy) -> Self {
        let api = Api { server: &world.server, key: KEY };
        let (agent, secret) = (&world.own.ids["agents"], subject.secret.as_deref().unwrap_or_default());
        let thread = match subject.kind {
            Some(SubjectKind::Agent) => Api { key: &by.program, ..api }.session(agent).await,
            Some(SubjectKind::EndUser) => Api { key: secret, ..api }.session(agent).await,
            Some(SubjectKind::Customer) => {
                let thread = text(&api.post("threads", json!({"agent": agent})).await["id"]);
                api.patch(&format!("threads/{thread}/ticket"), json!({"customers": [by.customer]})).await;
                thread
            }
            Some(SubjectKind::Project | SubjectKind::Guest | SubjectKind::ExternalAgent) | None => {
                api.session(agent).await
            }
        };
        Self::answered(world, thread, None).await
    }

    /// The new thread of a guest, with the token for it. Keys of the project know it too.
    pub async fn of_guest(world: &World) -> Self {
        let url = format!("{}/api/v1/chat/threads", world.server.url);
        let begun = World::json(world.http.post(url).json(&json!({"agentId": world.own.guest.agent}))).await;
        Self::answered(world, text(&begun["threadId"]), Some(text(&begun["token"]))).await
    }

    async fn answered(world: &World, thread: String, secret: Option<String>) -> Self {
        let [message, answer, turn] = Api { server: &world.server, key: KEY }.say(&thread).await;
        Self { thread, message, answer, turn, secret }
    }

    /// Its ids for paths of the dialect. What Feather's people read is the agent's answer.
    pub fn things(&self, dialect: &str) -> Things {
        let message = if dialect == "feather" { &self.answer } else { &self.message };
        let mut things = of_thread(&self.thread, message);
        things.extend([("turns", self.turn.clone()), ("answers", self.answer.clone())]);
        things
    }
}

pub fn of_thread(thread: &str, message: &str) -> Things {
    let threads = ["threads", "thread", "sessions"].map(|noun| (noun, thread.to_owned()));
    let messages = ["messages", "message"].map(|noun| (noun, message.to_owned()));
    threads.into_iter().chain(messages).collect()
}
