//! Secrets are sealed in the database.

use std::sync::Arc;

use domain::{
    Kind, Map, StoredSecret, ThreadId, WebhookId, codes,
    snapshot::Snapshot,
    webhook::{Outcome, Proof, Webhook},
};
use engine::{
    Sealing, Targets, Wording,
    app::{
        agents,
        secrets::Sealed,
        snapshots::NewSnapshot,
        threads::{NewThread, ThreadPatch, fork::NewFork},
        webhooks::{Draft, NewWebhook},
    },
    services,
    testing::{Choices, TestApp},
};
use serde_json::{Value, json};
use store::{
    op,
    secrets::{self, Column},
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::{
    outbox::{self, hook, take_whole},
    outcome::{code, refused},
};

const OLD: &str = "0000000000000000000000000000000000000000000000000000000000000001";
const NEW: &str = "0000000000000000000000000000000000000000000000000000000000000002";

/// A database, and the data folder with it, for several starts.
struct World {
    database: Option<String>,
    folder: Arc<TempDir>,
}

/// Where a secret stands.
type Row = (Column, Uuid);

/// Declares a test on each database for every `async fn case(world: World)`.
macro_rules! on_both {
    ($($case:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::World::new(None)).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $case() {
                let database = store::testing::Cluster::of_this_process().fresh_database().await;
                super::$case(super::World::new(Some(database))).await;
            })*
        }
    };
}

on_both! {
    no_secret_is_in_clear_in_the_database
    a_sealed_secret_of_another_row_does_not_open
    the_first_start_with_a_key_seals_what_is_in_clear
    without_a_key_secrets_are_read_and_none_is_stored
    a_new_key_reseals_everything
    a_reseal_that_dies_is_continued
    a_start_with_the_wrong_key_leaves_everything_else_working
    extras_with_secrets_are_sealed_and_others_are_not
    extras_of_an_earlier_version_are_sealed_at_the_start
}

impl World {
    fn new(database: Option<String>) -> Self {
        Self { database, folder: Arc::new(tempfile::tempdir().unwrap()) }
    }

    async fn start(&self, sealing: Sealing) -> TestApp {
        let test = TestApp::with(Choices {
            turns: 0,
            sealing: Some(sealing),
            database: self.database.clone(),
            folder: Some(self.folder.clone()),
            webhook_targets: Targets::Any,
            ..Choices::default()
        })
        .await;
        test.app.word_deliveries([("test", Arc::new(outbox::Kind) as Arc<dyn Wording>)].into());
        test
    }

    async fn with(&self, keys: &str) -> TestApp {
        self.start(Sealing::with(keys.parse().unwrap())).await
    }
}

fn state() -> Value {
    json!({"cookies": [], "origins": [{"origin": "https://a.example", "localStorage": [{"name": "t", "value": "live"}]}]})
}

async fn snapshot(test: &TestApp) -> Snapshot {
    test.app.create_snapshot(&test.caller, new_snapshot(), None).await.unwrap()
}

fn new_snapshot() -> NewSnapshot {
    NewSnapshot { name: "one".into(), state: state().into(), is_default: false, is_private: false }
}

fn with_authorization(url: &str) -> NewWebhook {
    NewWebhook { authorization: Some("Basic live".into()), ..hook(url.into()) }
}

async fn webhook(test: &TestApp, url: &str) -> WebhookId {
    test.app.create_webhook(&test.caller, with_authorization(url), None).await.unwrap().0.id
}

fn of_snapshot(snapshot: &Snapshot) -> Row {
    (Column::SnapshotState, snapshot.id.0)
}

/// The column's own text.
async fn raw(test: &TestApp, (column, row): Row) -> StoredSecret {
    let project = test.caller.project;
    let find = op(move |tx| Box::pin(async move { secrets::find(tx, column, project, row).await }));
    test.store().read(find).await.unwrap().expect("a secret")
}

/// Writes the column's own text.
async fn plant(test: &TestApp, (column, row): Row, text: &str) {
    let (project, old, new) = (test.caller.project, raw(test, (column, row)).await, StoredSecret::new(text));
    let replace = op(move |tx| Box::pin(async move { secrets::replace(tx, column, project, row, &old, &new).await }));
    assert!(test.store().write(replace).await.unwrap());
}

async fn read(test: &TestApp, snapshot: &Snapshot) -> domain::Result<Value> {
    let found = test.app.snapshot_with_state(&test.caller, snapshot.id).await?;
    Ok(found.1.expect("a state").read().expect("JSON"))
}

/// A thread's first entry, as the endpoint gets it.
async fn told(test: &TestApp, endpoint: &TcpListener) -> String {
    test.thread().await;
    take_whole(endpoint, "204 No Content", async {}).await
}

async fn no_secret_is_in_clear_in_the_database(world: World) {
    let test = world.with(OLD).await;
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let id = webhook(&test, &format!("http://{}/", endpoint.local_addr().unwrap())).await;
    let snapshot = snapshot(&test).await;
    for (column, row) in [(Column::WebhookAuthorization, id.0), of_snapshot(&snapshot)] {
        let text = raw(&test, (column, row)).await;
        assert!(text.as_str().starts_with("sealed:1:"), "{}", text.as_str());
        assert!(!text.as_str().contains("live") && !text.as_str().contains("Basic"), "{}", text.as_str());
    }
    assert_eq!(read(&test, &snapshot).await.unwrap(), state());
    assert!(told(&test, &endpoint).await.contains("authorization: Basic live\r\n"));

    let change = |draft: &mut Draft| draft.authorization = Some("Basic changed".into());
    let changed = test.app.update_webhook(&test.caller, id, change).await.unwrap();
    assert!(!format!("{changed:?}").contains("changed"), "{changed:?}");
    let text = raw(&test, (Column::WebhookAuthorization, id.0)).await;
    assert!(text.as_str().starts_with("sealed:1:"), "{}", text.as_str());
    assert!(told(&test, &endpoint).await.contains("authorization: Basic changed\r\n"));
}

fn map(value: Value) -> Map {
    serde_json::from_value(value).unwrap()
}

fn with_secrets() -> Map {
    map(json!({"servers": {"a": {"url": "https://a.example", "headers": {"x-key": "live"}}}, "b": [1]}))
}

async fn with_extras(test: &TestApp, extras: Map) -> domain::Result<ThreadId> {
    let new = NewThread { extras, ..NewThread::default() };
    Ok(test.app.create_thread(&test.caller, new).await?.id)
}

async fn extras_of(test: &TestApp, thread: ThreadId) -> domain::Result<Map> {
    Ok(test.app.thread_overrides(&test.caller, thread).await?.extras)
}

/// The column's own text, secret or not.
async fn stored(test: &TestApp, owner: Uuid) -> String {
    let project = test.caller.project;
    let find = op(move |tx| Box::pin(async move { store::extras::find(tx, project, owner).await }));
    test.store().read(find).await.unwrap().expect("extras").as_str().to_owned()
}

fn is_sealed(text: &str) -> bool {
    text.starts_with("sealed:1:") && !text.contains("live") && !text.contains("servers")
}

async fn extras_with_secrets_are_sealed_and_others_are_not(world: World) {
    let test = world.with(OLD).await;
    let thread = with_extras(&test, with_secrets()).await.unwrap();
    assert!(is_sealed(&stored(&test, thread.0).await));
    assert_eq!(extras_of(&test, thread).await.unwrap(), with_secrets());
    let fork = test.app.fork_thread(&test.caller, thread, NewFork::default()).await.unwrap().id;
    assert!(is_sealed(&stored(&test, fork.0).await));
    assert_eq!(extras_of(&test, fork).await.unwrap(), with_secrets());
    let plain = with_extras(&test, map(json!({"b": "heads"}))).await.unwrap();
    assert_eq!(stored(&test, plain.0).await, r#"{"b":"heads"}"#);
    let more = ThreadPatch { extras: map(json!({"env": {"k": "live"}})), ..ThreadPatch::default() };
    test.app.update_thread(&test.caller, plain, more).await.unwrap();
    assert!(is_sealed(&stored(&test, plain.0).await));
    let agent = test.app.agent_by_name(&test.caller, "default").await.unwrap().id;
    test.app.update_agent(&test.caller, agent, |draft| draft.extras = with_secrets()).await.unwrap();
    assert!(is_sealed(&stored(&test, agent.0).await));
    assert_eq!(test.app.agent_extras(&test.caller, agent).await.unwrap(), with_secrets());
    test.stop().await;

    let wrong = world.with(NEW).await;
    let unreadable = (Kind::Unavailable, codes::SECRET_UNREADABLE);
    assert_eq!(code(extras_of(&wrong, thread).await), unreadable);
    assert_eq!(code(wrong.app.agent_extras(&wrong.caller, agent).await), unreadable);
    let search = agents::Search { limit: 10, ..agents::Search::default() };
    let (listed, _) = wrong.app.search_agents(&wrong.caller, search).await.unwrap();
    assert_eq!(listed.into_iter().map(|one| one.extras).collect::<Vec<_>>(), [Map::new()], "the list goes on");
    wrong.stop().await;

    let none = world.start(Sealing::none()).await;
    assert_eq!(code(with_extras(&none, with_secrets()).await), (Kind::Conflict, codes::SEALING_KEY_MISSING));
    with_extras(&none, map(json!({"b": 1}))).await.expect("settings without secrets need no key");
}

async fn extras_of_an_earlier_version_are_sealed_at_the_start(world: World) {
    let test = world.with(OLD).await;
    let threads =
        [with_extras(&test, with_secrets()).await.unwrap(), with_extras(&test, with_secrets()).await.unwrap()];
    let plain = with_extras(&test, map(json!({"b": 1}))).await.unwrap();
    let clear = serde_json::to_string(&with_secrets()).unwrap();
    for thread in threads {
        plant(&test, (Column::Extras, thread.0), &clear).await;
        assert_eq!(extras_of(&test, thread).await.unwrap(), with_secrets(), "both forms are read");
    }
    assert_eq!(test.app.run_now::<services::Secrets>().await.unwrap(), 2);
    for thread in threads {
        assert!(is_sealed(&stored(&test, thread.0).await));
        assert_eq!(extras_of(&test, thread).await.unwrap(), with_secrets());
    }
    assert_eq!(stored(&test, plain.0).await, r#"{"b":1}"#);
    plant(&test, (Column::Extras, threads[0].0), &clear).await;
    test.stop().await;

    let both = world.with(&format!("{NEW},{OLD}")).await;
    both.app.run_now::<services::Secrets>().await.unwrap();
    assert_eq!(both.app.reseal_secrets().await.unwrap().rewritten, 1, "the other was sealed with the new key");
    both.stop().await;
    let new = world.with(NEW).await;
    for thread in threads {
        assert_eq!(extras_of(&new, thread).await.unwrap(), with_secrets());
    }
}

async fn a_sealed_secret_of_another_row_does_not_open(world: World) {
    let test = world.with(OLD).await;
    let (one, two) = (snapshot(&test).await, snapshot(&test).await);
    let foreign = {
        let (other, _) = test.other_project().await;
        let snapshot = test.app.create_snapshot(&other, new_snapshot(), None).await.unwrap();
        let (project, row) = (other.project, snapshot.id.0);
        let find = op(move |tx| Box::pin(async move { secrets::find(tx, Column::SnapshotState, project, row).await }));
        test.store().read(find).await.unwrap().unwrap()
    };
    for text in [raw(&test, of_snapshot(&two)).await.as_str(), foreign.as_str(), "sealed:1:", "sealed:1:00:!"] {
        plant(&test, of_snapshot(&one), text).await;
        let error = refused(read(&test, &one).await);
        assert_eq!((error.kind, error.code), (Kind::Unavailable, codes::SECRET_UNREADABLE), "{text}");
        assert!(!error.message.contains("sealed:1") && !format!("{error:?}").contains("live"), "{error:?}");
        assert_eq!(read(&test, &two).await.unwrap(), state());
    }
    // Nothing else of the snapshot needs its state.
    test.app.snapshot(&test.caller, one.id).await.unwrap();
    let sealed = test.app.reseal_secrets().await.unwrap();
    assert_eq!((sealed.rewritten, sealed.damaged, sealed.unknown.len()), (0, 0, 1), "it names a key of its own");
    test.app.delete_snapshot(&test.caller, one.id).await.unwrap();
}

async fn the_first_start_with_a_key_seals_what_is_in_clear(world: World) {
    let test = world.with(OLD).await;
    let (snapshot, id) = (snapshot(&test).await, webhook(&test, "http://127.0.0.1:9/").await);
    let sealed = raw(&test, of_snapshot(&snapshot)).await;
    plant(&test, of_snapshot(&snapshot), &state().to_string()).await;
    plant(&test, (Column::WebhookAuthorization, id.0), "Basic live").await;
    assert_eq!(read(&test, &snapshot).await.unwrap(), state(), "both forms are read");
    test.stop().await;

    let again = world.with(NEW).await;
    again.app.run_now::<services::Secrets>().await.unwrap();
    for row in [of_snapshot(&snapshot), (Column::WebhookAuthorization, id.0)] {
        let text = raw(&again, row).await;
        assert!(text.as_str().starts_with("sealed:1:") && text.as_str()[..18] != sealed.as_str()[..18]);
    }
    assert_eq!(read(&again, &snapshot).await.unwrap(), state());
    assert_eq!(again.app.run_now::<services::Secrets>().await.unwrap(), 0, "nothing is left to do");
}

async fn without_a_key_secrets_are_read_and_none_is_stored(world: World) {
    let test = world.with(OLD).await;
    let (snapshot, id) = (snapshot(&test).await, webhook(&test, "http://127.0.0.1:9/").await);
    plant(&test, of_snapshot(&snapshot), &state().to_string()).await;
    test.stop().await;

    let again = world.start(Sealing::none()).await;
    assert_eq!(again.app.run_now::<services::Secrets>().await.unwrap(), 0);
    assert_eq!(raw(&again, of_snapshot(&snapshot)).await.as_str(), state().to_string());
    assert_eq!(read(&again, &snapshot).await.unwrap(), state());
    let missing = (Kind::Conflict, codes::SEALING_KEY_MISSING);
    let caller = &again.caller;
    assert_eq!(code(again.app.create_snapshot(caller, new_snapshot(), None).await), missing);
    assert_eq!(code(again.app.create_webhook(caller, with_authorization("http://127.0.0.1:9/"), None).await), missing);
    let change = |draft: &mut Draft| (draft.authorization, draft.enabled) = (Some("Basic new".into()), false);
    assert_eq!(code(again.app.update_webhook(caller, id, change).await), missing);
    assert_eq!(code(again.app.reseal_secrets().await), missing);
    let (webhook, behind) = again.app.webhook(caller, id).await.unwrap();
    assert!(webhook.disabled.is_none() && behind == 0, "a refusal has no effect");
    assert_eq!(again.app.list_snapshots(caller, None, 10).await.unwrap().len(), 1);
    // A webhook that signs stores no secret.
    let (signing, secret) = again.app.create_webhook(caller, hook("http://127.0.0.1:9/".into()), None).await.unwrap();
    assert!(secret.is_some() && matches!(signing.proof, Proof::Signed { .. }));
}

async fn a_new_key_reseals_everything(world: World) {
    let test = world.with(OLD).await;
    let (one, two) = (snapshot(&test).await, snapshot(&test).await);
    let id = webhook(&test, "http://127.0.0.1:9/").await;
    plant(&test, of_snapshot(&two), &state().to_string()).await;
    test.stop().await;

    let both = world.with(&format!("{NEW},{OLD}")).await;
    assert_eq!(read(&both, &one).await.unwrap(), state());
    both.app.run_now::<services::Secrets>().await.unwrap();
    assert_eq!(both.app.reseal_secrets().await.unwrap(), Sealed { rewritten: 2, ..Sealed::default() });
    assert_eq!(both.app.reseal_secrets().await.unwrap(), Sealed::default());
    both.stop().await;

    let new = world.with(NEW).await;
    assert_eq!(read(&new, &one).await.unwrap(), state());
    assert_eq!(read(&new, &two).await.unwrap(), state());
    let (Webhook { proof, .. }, _) = new.app.webhook(&new.caller, id).await.unwrap();
    assert!(matches!(proof, Proof::Authorization(Some(_))));
}

async fn a_reseal_that_dies_is_continued(world: World) {
    let test = world.with(OLD).await;
    let mut snapshots = Vec::new();
    for _ in 0..40 {
        snapshots.push(snapshot(&test).await);
    }
    test.stop().await;

    let both = world.with(&format!("{NEW},{OLD}")).await;
    let head = raw(&both, of_snapshot(&snapshots[0])).await.as_str()[..18].to_owned();
    let begun = async {
        while raw(&both, of_snapshot(&snapshots[0])).await.as_str().starts_with(&head) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = begun => {}
        done = both.app.reseal_secrets() => panic!("nothing was left: {done:?}"),
    }
    // One write may be on its way.
    let mut old = 0;
    for snapshot in &snapshots {
        assert_eq!(read(&both, snapshot).await.unwrap(), state());
        old += u64::from(raw(&both, of_snapshot(snapshot)).await.as_str().starts_with(&head));
    }
    assert!((1..40).contains(&old), "{old}");
    both.stop().await;

    let again = world.with(&format!("{NEW},{OLD}")).await;
    let rewritten = again.app.reseal_secrets().await.unwrap().rewritten;
    assert!((old - 1..=old).contains(&rewritten), "{rewritten} of {old}");
    again.stop().await;
    let new = world.with(NEW).await;
    for snapshot in &snapshots {
        assert_eq!(read(&new, snapshot).await.unwrap(), state());
    }
}

async fn a_start_with_the_wrong_key_leaves_everything_else_working(world: World) {
    let test = world.with(OLD).await;
    let endpoint = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let id = webhook(&test, &format!("http://{}/", endpoint.local_addr().unwrap())).await;
    let snapshot = snapshot(&test).await;
    test.stop().await;

    let wrong = world.with(NEW).await;
    let caller = &wrong.caller;
    wrong.app.ready().await.unwrap();
    assert_eq!(code(read(&wrong, &snapshot).await), (Kind::Unavailable, codes::SECRET_UNREADABLE));
    let sealed = wrong.app.reseal_secrets().await.unwrap();
    assert_eq!((sealed.rewritten, sealed.unknown.values().sum::<u64>()), (0, 2), "nothing is lost");
    wrong.thread().await;
    let attempt = loop {
        let mut attempts = wrong.app.list_delivery_attempts(caller, id, None, None, 10).await.unwrap();
        if let Some(attempt) = attempts.pop() {
            break attempt;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Failed, None));
    assert!(attempt.error.unwrap().contains("cannot open the stored Authorization"));
    let new = self::snapshot(&wrong).await;
    assert_eq!(read(&wrong, &new).await.unwrap(), state());
    wrong.stop().await;

    let right = world.with(&format!("{OLD},{NEW}")).await;
    for snapshot in [&snapshot, &new] {
        assert_eq!(read(&right, snapshot).await.unwrap(), state());
    }
    let replay = right.app.replay_delivery_attempt(&right.caller, id, attempt.id, None);
    let (request, replayed) = tokio::join!(take_whole(&endpoint, "204 No Content", async {}), replay);
    assert!(request.contains("authorization: Basic live\r\n"));
    assert_eq!(replayed.unwrap().outcome, Outcome::Delivered);
}
