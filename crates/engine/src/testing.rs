//! A whole engine on a real store in a temporary folder, for the tests of the crates above.

mod identity;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

pub use self::identity::signed;
use domain::{
    Caller, Limits, Position, ThreadId, TurnId,
    agent::{Agent, Settings},
    caller::Scopes,
    controls::Policy,
    event::{Entry, Item},
    message::{Body, Message},
    script::Reply as Scripted,
    shares::Pool,
    thread::Thread,
};
use outward::Targets;
use providers::Models;
pub use providers::testing::played as peers;
use store::Store;
pub use store::testing::Ran;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::{
    App, Clock, Options, Sealing,
    app::{
        access::keys::NewKey,
        handling::{reply::Reply, take::Take},
        messages::{
            Send, Sent,
            follow::Start,
            list::{From, Page},
        },
        people::members::NewMember,
        threads::NewThread,
    },
};

/// An engine with its services running, a key with all scopes, and the agent `default`, which echoes.
pub struct TestApp {
    pub app: App,
    /// A caller of the project `default` with all scopes.
    pub caller: Caller,
    /// The caller's key.
    pub key: String,
    /// The data folder, removed on drop.
    pub folder: Arc<TempDir>,
    stop: watch::Sender<bool>,
    names: AtomicU32,
}

/// A test's choices for its engine.
#[derive(Clone)]
pub struct Choices {
    pub limits: Limits,
    pub turns: usize,
    pub memory_bytes: u64,
    pub clock: Clock,
    /// Absent: on SQLite the file of the folder, on PostgreSQL a key of the tests.
    pub sealing: Option<Sealing>,
    /// `postgres://…`; absent: SQLite.
    pub database: Option<String>,
    /// An existing data folder, for a start after a crash.
    pub folder: Option<Arc<TempDir>>,
    pub webhook_targets: Targets,
    pub link_targets: Targets,
    pub provider_targets: Targets,
    pub tool_targets: Targets,
    pub former_models: bool,
    pub public_url: Option<String>,
    pub models: Models,
    pub otlp_endpoint: Option<String>,
}

impl Default for Choices {
    fn default() -> Self {
        let limits = Limits {
            requests_per_s: 0,
            project_requests_per_s: 0,
            guest_requests_per_s: 0,
            failed_keys_per_s: 0,
            ..Limits::default()
        };
        Self {
            limits,
            turns: 64,
            memory_bytes: 4 << 30,
            clock: Clock::System,
            sealing: None,
            database: None,
            folder: None,
            webhook_targets: Targets::Public,
            link_targets: Targets::Public,
            provider_targets: Targets::Public,
            tool_targets: Targets::Public,
            former_models: false,
            public_url: None,
            models: Models::default(),
            otlp_endpoint: None,
        }
    }
}

/// Models with routes of these names or patterns to a provider that nobody reaches.
pub fn routed(names: &[&str]) -> Models {
    let base_url = Some("http://127.0.0.1:9/v1".to_owned());
    let (name, kind, times) =
        ("far".to_owned(), providers::Kind::Openai, providers::Times::all(Duration::from_secs(1)));
    let settings = providers::ProviderSettings { name, kind, base_url, wire: None, key: None, ca_file: None, times };
    let provider = providers::Provider::new(settings).expect("there is no CA file");
    let route = providers::RouteSettings { provider: "far".into(), ..providers::RouteSettings::default() };
    let routes = names.iter().map(|name| ((*name).to_owned(), route.clone())).collect();
    Models::new(providers::Routes::new(vec![provider], routes).expect("routes that lead somewhere"))
}

/// The sealing key on PostgreSQL.
const SEALING_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const KEY: &str = "tl_test_bootstrap_key_of_all_scopes";

impl TestApp {
    pub async fn start() -> Self {
        Self::with(Choices::default()).await
    }

    pub async fn with(choices: Choices) -> Self {
        let Choices { limits, turns, memory_bytes, clock, sealing, database, folder, .. } = choices;
        let Choices { webhook_targets, link_targets, provider_targets, tool_targets, former_models, .. } = choices;
        let Choices { otlp_endpoint, public_url, models, .. } = choices;
        let folder = folder.unwrap_or_else(|| Arc::new(tempfile::tempdir().expect("a temporary folder")));
        let sealing = sealing.unwrap_or_else(|| match &database {
            None => Sealing::of_file(&folder.path().join("sealing.key")).expect("a file of keys, or none"),
            Some(_) => Sealing::with(SEALING_KEY.parse().expect("a key")),
        });
        let options = store::Options { database, ..store::Options::new(folder.path()) };
        let store = Store::open(options).await.expect("the store opens");
        let app = App::new(Options {
            store,
            models,
            clock,
            sealing,
            limits,
            turns,
            memory_bytes,
            webhook_targets,
            link_targets,
            provider_targets,
            tool_targets,
            former_models,
            otlp_endpoint,
            public_url,
        });
        app.bootstrap(Some(KEY)).await.expect("the store takes its first key");
        app.take_over_folder().await.expect("leases of the folder end");
        let caller = app.authenticate(KEY).await.expect("the first key is good");
        let (stop, stopped) = watch::channel(false);
        let services = app.clone();
        tokio::spawn(async move { services.run(stopped).await });
        Self { app, caller, key: KEY.into(), folder, stop, names: AtomicU32::new(0) }
    }

    /// A clock that stands still until the test moves it.
    pub fn manual_clock() -> (Clock, Arc<AtomicI64>) {
        let us = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        (Clock::Manual(us.clone()), us)
    }

    /// The engine's store.
    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// Changes the settings of the agent `default`.
    pub async fn default_agent(&self, settings: Settings) -> Agent {
        let agent = self.app.agent_by_name(&self.caller, "default").await.expect("the default agent");
        let change = move |draft: &mut crate::app::agents::Draft| draft.settings = settings;
        self.app.update_agent(&self.caller, agent.id, change).await.expect("settings that are valid")
    }

    /// Gives the agent `default` a script.
    pub async fn script(&self, script: Vec<Scripted>) -> Agent {
        self.default_agent(Settings { model: Some("scripted".into()), script, ..Settings::default() }).await
    }

    /// A new key of the project with these scopes.
    pub async fn new_key(&self, scopes: Scopes) -> String {
        let name = format!("test-{}", self.names.fetch_add(1, Ordering::Relaxed));
        let new = NewKey { name, scopes, ..NewKey::default() };
        self.app.create_key(&self.caller, new, None).await.expect("a key").1
    }

    /// Another project, with a key of all scopes.
    pub async fn other_project(&self) -> (Caller, String) {
        let name = format!("other-{}", self.names.fetch_add(1, Ordering::Relaxed));
        let project = self.app.create_project(&self.caller, &name, None).await.expect("a project");
        let new = NewKey { name, scopes: Scopes::ALL, project: Some(project.id), ..NewKey::default() };
        let (_, key) = self.app.create_key(&self.caller, new, None).await.expect("a key");
        (self.app.authenticate(&key).await.expect("a good key"), key)
    }

    pub async fn thread(&self) -> Thread {
        self.app.create_thread(&self.caller, NewThread::default()).await.expect("a thread")
    }

    pub async fn say(&self, thread: ThreadId, text: &str, policy: Policy) -> Sent {
        let send = Send::new(thread, Body::text(text), policy);
        self.app.send(&self.caller, send).await.expect("a message that is accepted")
    }

    /// A new member takes the thread. Returns the member's address.
    pub async fn take(&self, thread: ThreadId) -> String {
        let email = format!("member-{}@example.com", self.names.fetch_add(1, Ordering::Relaxed));
        let new = NewMember { email: email.clone(), name: Some("Ann".into()), role: None };
        self.app.create_member(&self.caller, new, None).await.expect("a member");
        let take = Take { member: email.clone(), force: false };
        self.app.keyed(None).take_thread(&self.caller, thread, take).await.expect("a thread that nobody holds");
        email
    }

    /// The member replies in the thread, and has read everything.
    pub async fn reply(&self, thread: ThreadId, member: &str, text: &str) -> Message {
        let seen = self.app.thread(&self.caller, thread).await.expect("the thread").last_seq;
        let send = Send::new(thread, Body::text(text), Policy::Queue);
        let reply = Reply { member: member.into(), send, seen, keep: false, force: false };
        self.app.keyed(None).reply(&self.caller, thread, reply).await.expect("a reply")
    }

    /// Waits until no turn of the thread is open.
    pub async fn settle(&self, thread: ThreadId) -> Thread {
        let from = Start::Beyond(Position::START);
        let mut reader = self.app.follow(&self.caller, thread, from).await.expect("a thread to follow");
        loop {
            let found = self.app.thread(&self.caller, thread).await.expect("the thread");
            if !found.run.is_open() {
                return found;
            }
            reader.next().await.expect("the store answers").expect("the thread stays");
        }
    }

    /// Waits for the first item for which `is` is true.
    pub async fn until(&self, thread: ThreadId, is: impl Fn(&Item) -> bool) -> Arc<Item> {
        let from = Start::Beyond(Position::START);
        let mut reader = self.app.follow(&self.caller, thread, from).await.expect("a thread to follow");
        loop {
            let items = reader.next().await.expect("the store answers").expect("the thread stays");
            if let Some(item) = items.into_iter().find(|item| is(item)) {
                return item;
            }
        }
    }

    /// Makes the process forget that it runs the turn, while the turn's task continues, like a node that has lost its
    /// lease.
    pub fn forget(&self, turn: TurnId) {
        self.app.workers.forget(turn);
    }

    /// The workers' places.
    pub fn workers(&self) -> &Pool {
        self.app.workers.places()
    }

    /// The webhook senders' places.
    pub fn senders(&self) -> &Pool {
        &self.app.outbox.places
    }

    /// The store's work so far. The engine's background services add to it.
    pub fn ran(&self) -> Ran {
        self.app.store.ran()
    }

    /// Waits until somebody follows the thread.
    pub async fn followed(&self, thread: ThreadId) {
        while !self.app.hub.is_followed(thread) {
            tokio::task::yield_now().await;
        }
    }

    /// The whole log.
    pub async fn log(&self, thread: ThreadId) -> Vec<Entry> {
        let mut log = Vec::new();
        loop {
            let after = log.last().map_or(0, |entry: &Entry| entry.seq);
            let page = self.app.list_events(&self.caller, thread, after, i64::MAX - 1).await.expect("the log");
            log.extend(page.rows);
            if !page.more {
                return log;
            }
        }
    }

    /// The types of the whole log's entries, in order.
    pub async fn kinds(&self, thread: ThreadId) -> Vec<&'static str> {
        self.log(thread).await.iter().map(|entry| entry.event.kind()).collect()
    }

    /// All messages in their present form, oldest first.
    pub async fn messages(&self, thread: ThreadId) -> Vec<Message> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map_or(0, |message: &Message| message.seq);
            let page = Page { from: From::After(after), limit: i64::MAX - 1, listed: false };
            let listed = self.app.list_messages(&self.caller, thread, page).await.expect("the messages");
            all.extend(listed.messages);
            if !listed.more {
                return all;
            }
        }
    }

    /// Stops the services and releases the folder, like a clean shutdown.
    pub async fn stop(self) -> Arc<TempDir> {
        self.stop.send_replace(true);
        self.app.clone().drained().await;
        self.folder.clone()
    }
}
