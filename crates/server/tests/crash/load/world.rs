//! What the tasks of the load share: the server as far as it lives, what was seen, and how far the load has come.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{agents::Agent, kills::Moments, view::View};
use crate::{
    checker::{Violation, Wrong},
    doors::{Api, native},
    history::History,
};

/// A request that is not answered in this time counts as broken off.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// What a client waits before it asks once more.
const AGAIN: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum Phase {
    /// Senders send.
    Load,
    /// What was begun comes to its end.
    Rest,
    /// Readers read what is left.
    Over,
}

/// One life of the server, from its start to its death.
#[derive(Clone, Debug)]
pub struct Life {
    pub number: u32,
    /// Absent while it is dead.
    url: Option<String>,
}

pub struct World {
    pub threads: Vec<Uuid>,
    pub moments: Moments,
    /// The beginning of each message to a thread's agent.
    asks: HashMap<Uuid, &'static str>,
    http: Client,
    views: HashMap<Uuid, Mutex<View>>,
    history: Mutex<History>,
    ticks: AtomicU64,
    life: watch::Sender<Life>,
    phase: watch::Sender<Phase>,
    ends: watch::Sender<HashMap<Uuid, i64>>,
    /// Lives that ended while a POST had no answer.
    hit_posts: Mutex<BTreeSet<u32>>,
}

/// What came back for a request.
pub enum Got {
    Answer(u16, Value),
    /// Nothing: the connection broke off.
    Cut,
}

/// Makes a thread of the agent. A server with a planted bug may answer before the agent is there.
pub async fn thread(api: &Api, agent: &str) -> Uuid {
    for _ in 0..100 {
        match native::thread(api, agent).await {
            Err(refused) if refused.contains("agent_not_found") => sleep(Duration::from_millis(10)).await,
            made => return made.expect("the server makes threads"),
        }
    }
    panic!("the server has not made the agent {agent}")
}

impl World {
    /// Makes the agents and the threads.
    pub async fn new(url: &str, agents: Vec<Agent>) -> Arc<Self> {
        let http = http();
        let api = Api { http: http.clone(), url: url.into() };
        let (mut threads, mut asks) = (Vec::new(), HashMap::new());
        for agent in agents {
            let name = agent.settings["name"].as_str().expect("a name").to_owned();
            native::agent(&api, agent.settings).await.expect("the server takes agents");
            for _ in 0..agent.threads {
                let thread = thread(&api, &name).await;
                threads.push(thread);
                asks.insert(thread, agent.asks);
            }
        }
        Arc::new(Self {
            views: threads.iter().map(|thread| (*thread, Mutex::default())).collect(),
            threads,
            asks,
            http,
            moments: Moments::default(),
            history: Mutex::default(),
            ticks: AtomicU64::new(1),
            life: watch::Sender::new(Life { number: 0, url: Some(url.into()) }),
            phase: watch::Sender::new(Phase::Load),
            ends: watch::Sender::new(HashMap::new()),
            hit_posts: Mutex::default(),
        })
    }

    pub fn is_down(&self) {
        self.life.send_modify(|life| life.url = None);
    }

    pub fn is_up(&self, url: &str) {
        self.life.send_modify(|life| *life = Life { number: life.number + 1, url: Some(url.into()) });
    }

    /// The server, as soon as it lives.
    pub async fn server(&self) -> (u32, Api) {
        let life = self.life.subscribe().wait_for(|life| life.url.is_some()).await.map(|life| (*life).clone());
        let life = life.expect("this world holds the sender");
        (life.number, Api { http: self.http.clone(), url: life.url.expect("it was waited for") })
    }

    /// Waits until that life of the server is over. A connection that breaks off for another reason is a fault.
    pub async fn outlive(&self, number: u32, thread: Uuid, what: &str) {
        let mut life = self.life.subscribe();
        let over = life.wait_for(|life| life.number > number || life.url.is_none());
        if timeout(ANSWERED_WITHIN, over).await.is_err() {
            self.fault(Wrong::Broken, thread, format!("{what} broke off, and the server lived on"));
        }
    }

    /// Sends a request once. A POST that the server's death leaves without an answer is counted.
    pub async fn ask(&self, life: u32, request: RequestBuilder) -> Got {
        let answered = async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            Ok::<_, reqwest::Error>((status, response.bytes().await?))
        };
        match timeout(ANSWERED_WITHIN, answered).await {
            Ok(Ok((status, body))) => Got::Answer(status, serde_json::from_slice(&body).unwrap_or_default()),
            Ok(Err(error)) => {
                if !error.is_connect() {
                    lock(&self.hit_posts).insert(life);
                }
                Got::Cut
            }
            Err(_) => Got::Cut,
        }
    }

    /// Sends a request until it is answered, across deaths; overload is waited out.
    pub async fn ask_until_answered(&self, thread: Uuid, request: impl Fn(&Api) -> RequestBuilder) -> (u16, Value) {
        loop {
            let (life, api) = self.server().await;
            match self.ask(life, request(&api)).await {
                Got::Answer(429 | 503, _) => tokio::time::sleep(AGAIN).await,
                Got::Answer(status, body) => return (status, body),
                Got::Cut => self.outlive(life, thread, "a request").await,
            }
        }
    }

    pub fn kills_on_posts(&self) -> usize {
        lock(&self.hit_posts).len()
    }

    pub fn view(&self, thread: Uuid) -> MutexGuard<'_, View> {
        lock(&self.views[&thread])
    }

    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// The beginning of each message to the thread's agent.
    pub fn asks(&self, thread: Uuid) -> &'static str {
        self.asks[&thread]
    }

    /// Waits until a reader has been shown a part of a message that is not complete.
    ///
    /// # Panics
    /// If nothing streams for a long time.
    pub async fn until_streaming(&self) {
        let streams = async {
            while !self.threads.iter().any(|thread| self.view(*thread).streaming) {
                // A piece that comes between the look and the wait is found by the next look.
                let _ = timeout(AGAIN, self.moments.streaming.notified()).await;
            }
        };
        timeout(ANSWERED_WITHIN, streams).await.expect("an answer streams under load");
    }

    /// The last entry of each thread.
    pub fn mark_ends(&self, ends: HashMap<Uuid, i64>) {
        self.ends.send_replace(ends);
    }

    /// Waits until the thread's last entry is known.
    pub async fn end_of(&self, thread: Uuid) -> i64 {
        let mut ends = self.ends.subscribe();
        let ends = ends.wait_for(|ends| ends.contains_key(&thread)).await.expect("this world holds the sender");
        ends[&thread]
    }

    /// The time of the load: every call is later than those before it.
    pub fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    pub fn history(&self) -> MutexGuard<'_, History> {
        lock(&self.history)
    }

    pub fn fault(&self, wrong: Wrong, thread: Uuid, what: impl Into<String>) {
        self.history().faults.push(Violation { wrong, thread, what: what.into() });
    }

    /// What was seen, taken out.
    pub fn take_history(&self) -> History {
        std::mem::take(&mut *self.history())
    }
}

/// Connections for everything.
pub fn http() -> Client {
    // Fails only when there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().expect("nothing of it depends on the machine")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
