//! Operations with an origin key run once, for any caller and any number of concurrent requests, on both databases.

use std::sync::Arc;

use domain::{
    Caller, Code, Kind,
    agent::Agent,
    caller::{Scope, Scopes, Subject},
    codes,
    controls::Policy,
    message::Body,
    script::Reply,
    tag::{Color, Tag},
};
use engine::{
    Origin,
    app::{
        access::keys::NewKey,
        agents::{Named, NewAgent},
        messages::Send,
        people::{
            customers::{CustomerPatch, Filter, NewCustomer},
            end_users::EndUser,
            members::NewMember,
        },
    },
    testing::{Choices, TestApp},
};
use futures_util::future::join_all;
use store::testing::Cluster;

use crate::outcome::{code, origin};

const REUSED: (Kind, Code) = (Kind::Conflict, codes::ORIGIN_KEY_REUSED);

async fn on_both() -> [Arc<TestApp>; 2] {
    let database = Some(Cluster::of_this_process().fresh_database().await);
    [TestApp::start().await, TestApp::with(Choices { database, ..Choices::default() }).await].map(Arc::new)
}

/// The key of a request, with access to its replay flag.
fn asked(key: &str, request: &str) -> (Origin, engine::Replayed) {
    let origin = origin(key, request).unwrap();
    let replayed = origin.replayed.clone();
    (origin, replayed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_are_done_once_and_one_of_them_is_no_replay() {
    for test in on_both().await {
        let user = EndUser { external_id: Some("ann".into()), ..EndUser::default() };
        let named = Named::Name("support".into());
        let asking = (0..20).map(|i| {
            let (test, user, named) = (test.clone(), user.clone(), named.clone());
            tokio::spawn(async move {
                let ((put, put_again), (enter, entered_again)) = (asked("k", "agent"), asked("l", "ann"));
                let change = move |draft: &mut engine::app::agents::Draft| {
                    draft.settings.description = Some(format!("by the {i}th"));
                };
                let agent = test.app.keyed(Some(put)).put_agent(&test.caller, named, "support".into(), change).await;
                test.app.keyed(Some(enter)).let_in_end_user(&test.caller, user).await.unwrap();
                (agent.unwrap(), put_again.is_set(), entered_again.is_set())
            })
        });
        let made: Vec<(Agent, bool, bool)> = join_all(asking).await.into_iter().map(Result::unwrap).collect();
        assert!(made.iter().all(|(agent, ..)| agent == &made[0].0), "{made:?}");
        assert_eq!(made.iter().filter(|(_, replayed, _)| !replayed).count(), 1);
        assert_eq!(made.iter().filter(|(.., replayed)| !replayed).count(), 1);
        assert_eq!(test.app.list_customers(&test.caller, Filter::default(), None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_replay_does_nothing_and_tells_what_stands() {
    for test in on_both().await {
        let made = NewCustomer { external_id: Some("ann".into()), ..NewCustomer::default() };
        let id = test.app.create_customer(&test.caller, made).await.unwrap().id;
        let named = |name: &str| CustomerPatch { name: Some(Some(name.into())), ..CustomerPatch::default() };
        let update = async |key: Option<Origin>, name: &str| {
            test.app.keyed(key).update_customer(&test.caller, id, named(name)).await
        };
        update(origin("k", "a"), "Ann").await.unwrap();
        update(None, "Anne").await.unwrap();
        assert_eq!(update(origin("k", "a"), "Ann").await.unwrap().name.unwrap(), "Anne");
        assert_eq!(code(update(origin("k", "b"), "Anna").await), REUSED);

        let blue = || Tag { name: "bug".into(), color: Color::Blue };
        test.app.keyed(origin("t", "blue")).define_tag(&test.caller, blue()).await.unwrap();
        test.app.define_tag(&test.caller, Tag { color: Color::Pink, ..blue() }).await.unwrap();
        let (again, replayed) = asked("t", "blue");
        assert_eq!(test.app.keyed(Some(again)).define_tag(&test.caller, blue()).await.unwrap(), blue());
        assert!(replayed.is_set());
        assert_eq!(test.app.list_tags(&test.caller).await.unwrap()[0].color, Color::Pink);
    }
}

#[tokio::test]
async fn a_cancel_that_comes_late_cancels_nothing_and_is_answered_as_before() {
    for test in on_both().await {
        test.script(vec![Reply { hang: true, ..Reply::default() }]).await;
        let thread = test.thread().await.id;
        let stop = async |key: &str| test.app.keyed(origin(key, key)).stop_turns(&test.caller, thread).await.unwrap();
        assert!(!stop("idle").await);
        test.say(thread, "x", Policy::Queue).await;
        assert!(stop("busy").await);
        test.say(thread, "y", Policy::Queue).await;
        assert!(!stop("idle").await && stop("busy").await);
        assert!(test.app.thread(&test.caller, thread).await.unwrap().run.is_open(), "the second turn goes on");
    }
}

#[tokio::test]
async fn what_is_refused_leaves_its_key_free_and_a_member_acts_once() {
    for test in on_both().await {
        let thread = test.thread().await.id;
        let ann = || "ann@example.com".to_owned();
        let close = async |request: &str| {
            test.app.keyed(origin("k", request)).close_thread_for(&test.caller, thread, ann()).await
        };
        assert_eq!(code(close("a").await), (Kind::Invalid, codes::MEMBER_NOT_FOUND));
        let member = NewMember { email: ann(), ..NewMember::default() };
        test.app.create_member(&test.caller, member, None).await.unwrap();
        close("b").await.unwrap();
        close("b").await.unwrap();
        assert_eq!(test.app.list_audit(&test.caller, None, 9).await.unwrap().len(), 1, "a replay is no act");
        assert_eq!(code(close("a").await), REUSED);
    }
}

#[tokio::test]
async fn a_token_is_for_whom_it_was_asked_for() {
    for test in on_both().await {
        let new = NewAgent { name: "support".into(), ..NewAgent::default() };
        let agent = test.app.create_agent(&test.caller, new, None).await.unwrap().id;
        let scopes = Scopes::of(&[Scope::Read, Scope::Write, Scope::Impersonate]);
        let new = NewKey { name: "app".into(), scopes, agent: Some(agent), ..NewKey::default() };
        let (_, text) = test.app.create_key(&test.caller, new, None).await.unwrap();
        let program = test.app.authenticate(&text).await.unwrap();
        let enter = async |name: &str| test.app.keyed(origin("k", "enter")).let_end_user_in(&program, name).await;
        let (first, again) = (enter("ann").await.unwrap(), enter("ann").await.unwrap());
        assert_eq!(first.1, again.1);
        assert_eq!(test.app.authenticate(&again.0.text).await.unwrap().subject.agent(), Some(agent));
        assert_eq!(code(enter("bob").await), REUSED, "the same request for somebody else is another");
    }
}

/// Independent people may choose the same key.
#[tokio::test]
async fn a_key_of_a_guest_or_a_customer_is_their_own() {
    for test in on_both().await {
        let mut callers: Vec<(Caller, domain::ThreadId)> = Vec::new();
        for _ in 0..2 {
            let thread = test.thread().await.id;
            let token = test.app.let_in(&test.caller, Subject::Thread(thread)).await.unwrap();
            callers.push((test.app.authenticate(&token.text).await.unwrap(), thread));
        }
        let project = test.thread().await.id;
        callers.push((test.caller.clone(), project));
        for (caller, thread) in &callers {
            let send = || Send {
                origin: origin("k", &thread.to_string()),
                ..Send::new(*thread, Body::text("x"), Policy::Queue)
            };
            let first = test.app.send(caller, send()).await.unwrap();
            assert!(!first.replayed, "{caller:?}");
            let again = test.app.send(caller, send()).await.unwrap();
            assert_eq!((again.message.id, again.replayed), (first.message.id, true));
        }
        // The project must not replay a request of the thread's token.
        let (_, thread) = callers[0];
        let send = Send { origin: origin("k", "other"), ..Send::new(thread, Body::text("y"), Policy::Queue) };
        assert_eq!(code(test.app.send(&test.caller, send).await), REUSED, "the project's own key was used");
    }
}
