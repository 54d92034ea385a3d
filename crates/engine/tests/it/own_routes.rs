//! Providers and routes of a project's own.

use domain::{
    Caller, Kind, Limits, ThreadId, Timestamp,
    agent::Settings,
    codes,
    controls::{Controls, Policy},
    event::Ended,
    message::Body,
    provider::{self, Protocol, Provider, RouteSettings},
};
use engine::{
    Targets,
    app::{
        messages::Send,
        own_provider::{NewKey, NewProvider},
        threads::NewThread,
    },
    testing::{Choices, TestApp},
};
use providers::{
    Models,
    testing::played::{Peer, Plays, models, route},
};
use store::{
    op,
    secrets::{self, Column},
    testing::Cluster,
};

use crate::outcome::{at_fault, code, refused};

/// An engine whose projects may have providers on this machine.
async fn local(models: Models) -> TestApp {
    TestApp::with(Choices { models, provider_targets: Targets::Any, ..Choices::default() }).await
}

fn new(name: &str, base_url: &str) -> NewProvider {
    let base_url = Some(base_url.to_owned()).filter(|url| !url.is_empty());
    NewProvider { name: name.into(), kind: provider::Kind::Openai, base_url, wire: None, key: NewKey::Stay }
}

fn keyed(name: &str, base_url: &str, key: &str) -> NewProvider {
    NewProvider { key: NewKey::Set(key.into()), ..new(name, base_url) }
}

/// A provider `own` at the peer, and routes of these names to it.
async fn lead(test: &TestApp, caller: &Caller, peer: &Peer, routes: &[(&str, RouteSettings)]) {
    test.app.put_provider(caller, keyed("own", &peer.base_url, "sk-own")).await.expect("a provider");
    for (name, settings) in routes {
        test.app.put_route(caller, (*name).to_owned(), settings.clone()).await.expect("a route");
    }
}

/// A thread in which the caller has asked the model, and the end of its turn.
async fn ask(test: &TestApp, caller: &Caller, model: &str) -> (ThreadId, Ended) {
    let thread = begin(test, caller, model).await;
    (thread, ended(test, caller, thread).await)
}

async fn begin(test: &TestApp, caller: &Caller, model: &str) -> ThreadId {
    let thread = test.app.create_thread(caller, NewThread::default()).await.expect("a thread").id;
    test.app.send(caller, chosen(thread, model)).await.expect("a message");
    thread
}

async fn ended(test: &TestApp, caller: &Caller, thread: ThreadId) -> Ended {
    loop {
        let log = test.app.list_events(caller, thread, 0, 1000).await.expect("the log").rows;
        if let Some(ended) = log.iter().find_map(|entry| entry.event.ended().cloned()) {
            return ended;
        }
        tokio::task::yield_now().await;
    }
}

fn chosen(thread: ThreadId, model: &str) -> Send {
    let controls = Controls { model: Some(model.into()), ..Controls::default() };
    Send::new(thread, Body { controls, ..Body::text("hello") }, Policy::Queue)
}

#[tokio::test]
async fn a_projects_route_answers_for_it_alone_with_its_own_key() {
    let (base, mine) = (Peer::start([Plays::Says("Base.")]).await, Peer::start([Plays::Says("Mine.")]).await);
    let test = local(models(vec![base.provider("own")], [("gpt-*", route("own", "base"))])).await;
    let (other, _) = test.other_project().await;
    lead(&test, &test.caller, &mine, &[("gpt-5.5", route("own", "best")), ("fast", route("own", "quick"))]).await;
    for (caller, model, answers) in [
        (&test.caller, "gpt-5.5", &mine),
        (&test.caller, "fast", &mine),
        (&test.caller, "gpt-5.4", &base),
        (&other, "gpt-5.5", &base),
    ] {
        let before = answers.asked().len();
        assert_eq!(ask(&test, caller, model).await.1.code, None, "{model}");
        assert_eq!(answers.asked().len(), before + 1, "{model}");
    }
    assert_eq!(mine.asked().iter().map(|body| body["model"].clone()).collect::<Vec<_>>(), ["best", "quick"]);
    assert!(mine.heads().iter().all(|head| head.contains("authorization: bearer sk-own")), "{:?}", mine.heads());
    assert!(!base.heads().concat().contains("sk-own"));

    // Messages, agents and threads may name it where it is known.
    let thread = test.app.create_thread(&other, NewThread::default()).await.unwrap().id;
    assert_eq!(at_fault(test.app.send(&other, chosen(thread, "fast")).await), "controls.model");
    test.default_agent(Settings { model: Some("fast".into()), ..Settings::default() }).await;
    assert_eq!(code(test.app.provider(&other, "own").await), (Kind::NotFound, codes::PROVIDER_NOT_FOUND));
    assert_eq!(code(test.app.route(&other, "fast").await), (Kind::NotFound, codes::ROUTE_NOT_FOUND));
    assert_eq!(
        (test.app.list_providers(&other).await.unwrap().len(), test.app.list_routes(&other).await.unwrap().len()),
        (0, 0)
    );
}

#[tokio::test]
async fn an_agent_without_a_model_takes_the_projects_default() {
    let mine = Peer::start([Plays::Says("Mine.")]).await;
    let test = local(Models::default()).await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    test.settle(thread).await;
    lead(&test, &test.caller, &mine, &[("default", route("own", "best"))]).await;
    test.say(thread, "hello", Policy::Queue).await;
    test.settle(thread).await;
    let said: Vec<_> = test.messages(thread).await.into_iter().filter_map(|message| message.body.model).collect();
    assert_eq!(said, ["echo", "default"]);
    assert_eq!(ask(&test, &test.caller, "gpt-5.5").await.1.code, None, "the rest is the installation's");
    assert_eq!(mine.asked().len(), 1);
}

#[tokio::test]
async fn a_key_is_sealed_and_another_address_never_learns_it() {
    let test = local(Models::default()).await;
    let caller = &test.caller;
    let put = async |new| test.app.put_provider(caller, new).await.unwrap();
    let (made, is_new) = put(keyed("own", "http://127.0.0.1:9/v1/", " sk-secret\n")).await;
    assert!(is_new && made.base_url.as_deref() == Some("http://127.0.0.1:9/v1"));
    assert!(!format!("{made:?}").contains("sk-secret"));
    let (project, id) = (caller.project, made.id);
    let find = op(move |tx| Box::pin(async move { secrets::find(tx, Column::ProviderKey, project, id).await }));
    let stored = test.store().read(find).await.unwrap().expect("a key");
    assert!(stored.as_str().starts_with("sealed:1:") && !stored.as_str().contains("sk-secret"));

    let has_key = |provider: &Provider| provider.key.is_some();
    let (same, is_new) = put(new("own", "http://127.0.0.1:9/v1")).await;
    assert!(!is_new && has_key(&same) && (same.id, same.created_at) == (made.id, made.created_at));
    let chat = NewProvider { wire: Some(Protocol::Chat), ..new("own", "http://127.0.0.1:9/v1") };
    assert!(has_key(&put(chat).await.0), "the wire is no address");
    assert!(!has_key(&put(new("own", "http://127.0.0.1:10/v1")).await.0));
    assert!(has_key(&put(keyed("own", "http://127.0.0.1:11/v1", "sk-other")).await.0));
    let anthropic = NewProvider { kind: provider::Kind::Anthropic, ..new("own", "http://127.0.0.1:11/v1") };
    assert!(!has_key(&put(anthropic).await.0));
    put(keyed("own", "", "sk-secret")).await;
    assert!(!has_key(&put(NewProvider { key: NewKey::Remove, ..new("own", "") }).await.0));
}

#[tokio::test]
async fn an_inward_address_is_refused_when_it_is_set_and_when_it_is_called() {
    let inner = Peer::start([Plays::Says("Inside.")]).await;
    let test = TestApp::start().await;
    for url in [
        inner.base_url.as_str(),
        "http://localhost/v1",
        "https://10.0.0.1/v1",
        "http://169.254.169.254/latest",
        "http://[::1]:8080/",
        "http://2130706433/",
        "https://example.com:8181/v1",
        "ftp://example.com",
        "https://key@example.com/v1",
        "https://example.com/v1?key=1",
        "example.com",
    ] {
        assert_eq!(at_fault(test.app.put_provider(&test.caller, keyed("own", url, "sk-1")).await), "base_url", "{url}");
    }
    assert_eq!(test.app.list_providers(&test.caller).await.unwrap(), []);

    // As if the setting had been another one before.
    let row = Provider {
        id: uuid::Uuid::from_u128(1),
        project: test.caller.project,
        name: "own".into(),
        kind: provider::Kind::Openai,
        base_url: Some(inner.base_url.clone()),
        wire: None,
        key: None,
        created_at: Timestamp(1),
        updated_at: Timestamp(1),
    };
    test.store().write(op(move |tx| Box::pin(async move { store::providers::save(tx, &row).await }))).await.unwrap();
    test.app.put_route(&test.caller, "fast".into(), route("own", "quick")).await.unwrap();
    let (_, ended) = ask(&test, &test.caller, "fast").await;
    assert_eq!(ended.code.as_deref(), Some("invalid"), "{ended:?}");
    assert_eq!(inner.asked().len(), 0);
}

#[tokio::test]
async fn a_provider_and_a_route_are_refused_field_by_field() {
    let limits = Limits {
        providers: 2,
        routes: 2,
        provider_url_chars: 30,
        provider_key_bytes: 8,
        route_fallbacks: 1,
        ..Limits::default()
    };
    let limits = Limits { route_model_chars: 5, ..limits };
    let test = TestApp::with(Choices { limits, provider_targets: Targets::Any, ..Choices::default() }).await;
    let caller = &test.caller;
    let put = async |new| test.app.put_provider(caller, new).await;
    put(keyed("own", "https://example.com/123456789/", "12345678")).await.expect("at its limits");
    for (new, field) in [
        (new("Own", ""), "name"),
        (new("", ""), "name"),
        (new("own", "https://example.com/123456789/x"), "base_url"),
        (keyed("own", "", "123456789"), "api_key"),
        (keyed("own", "", ""), "api_key"),
        (keyed("own", "", "a\nb"), "api_key"),
        (NewProvider { wire: Some(Protocol::Gemini), ..new("own", "") }, "wire"),
    ] {
        assert_eq!(at_fault(put(new.clone()).await), field, "{new:?}");
    }
    put(new("two", "")).await.unwrap();
    assert_eq!(code(put(new("three", "")).await), (Kind::Conflict, codes::TOO_MANY_PROVIDERS));
    put(new("two", "")).await.expect("it is there already");

    let put = async |name: &str, settings| test.app.put_route(caller, name.to_owned(), settings).await;
    put("a", route("own", "12345")).await.expect("at its limit");
    let falls = |names: &[&str]| RouteSettings {
        fallback: names.iter().map(|n| (*n).to_owned()).collect(),
        ..route("own", "m")
    };
    let mut empty = route("own", "m");
    empty.overrides.output = Some(0);
    for (name, settings, field) in [
        ("", route("own", "m"), "name"),
        ("a*", route("own", "m"), "name"),
        ("a b", route("own", "m"), "name"),
        ("echo", route("own", "m"), "name"),
        ("b", route("none", "m"), "provider"),
        ("b", route("own", "123456"), "model"),
        ("b", falls(&["a", "c"]), "fallback"),
        ("b", falls(&["c"]), "fallback"),
        ("b", falls(&["b"]), "fallback"),
        ("default", RouteSettings { model: None, ..route("own", "") }, "model"),
        ("b", empty, "output"),
    ] {
        assert_eq!(at_fault(put(name, settings.clone()).await), field, "{name} {settings:?}");
    }
    put("b", falls(&["a"])).await.unwrap();
    assert_eq!(at_fault(put("a", falls(&["b"])).await), "fallback", "a circle");
    assert_eq!(code(put("c", route("own", "m")).await), (Kind::Conflict, codes::TOO_MANY_ROUTES));
    assert_eq!(test.app.route(caller, "a").await.unwrap().settings, route("own", "12345"), "a refusal has no effect");

    let used = refused(test.app.delete_provider(caller, "own").await);
    assert_eq!((used.code, used.message.as_str()), (codes::PROVIDER_IN_USE, "Routes lead to the provider: a, b"));
    let used = refused(test.app.delete_route(caller, "a").await);
    assert_eq!((used.code, used.message.as_str()), (codes::ROUTE_IN_USE, "Routes name the route as their fallback: b"));
    for name in ["b", "a"] {
        test.app.delete_route(caller, name).await.unwrap();
        assert_eq!(code(test.app.delete_route(caller, name).await), (Kind::NotFound, codes::ROUTE_NOT_FOUND));
    }
    test.app.delete_provider(caller, "own").await.unwrap();
    assert_eq!(code(test.app.delete_provider(caller, "own").await), (Kind::NotFound, codes::PROVIDER_NOT_FOUND));
}

#[tokio::test]
async fn two_puts_at_once_leave_one_of_them_whole() {
    let test = local(Models::default()).await;
    for n in 0..10 {
        let (one, two) = (format!("http://127.0.0.1:1/{n}"), format!("http://127.0.0.1:2/{n}"));
        let (first, second) = tokio::join!(
            test.app.put_provider(&test.caller, keyed("own", &one, "sk-1")),
            test.app.put_provider(&test.caller, new("own", &two)),
        );
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(n > 0 || first.1 != second.1, "one of them has made it");
        let kept = test.app.provider(&test.caller, "own").await.unwrap();
        let is_first = kept.base_url.as_deref() == Some(one.as_str());
        assert!((is_first && kept == first.0) || (!is_first && kept == second.0 && kept.key.is_none()), "{kept:?}");
    }
    assert_eq!(test.app.list_providers(&test.caller).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_that_does_not_open_is_not_called_without() {
    let mine = Peer::start([Plays::Says("Mine.")]).await;
    let test = local(Models::default()).await;
    lead(&test, &test.caller, &mine, &[]).await;
    let (project, id) = (test.caller.project, test.app.provider(&test.caller, "own").await.unwrap().id);
    let spoil = op(move |tx| {
        Box::pin(async move {
            let old = secrets::find(tx, Column::ProviderKey, project, id).await?.expect("a key");
            secrets::replace(tx, Column::ProviderKey, project, id, &old, &domain::StoredSecret::new("sealed:1:00:!"))
                .await
        })
    });
    assert!(test.store().write(spoil).await.unwrap());
    test.app.put_route(&test.caller, "fast".into(), route("own", "quick")).await.unwrap();
    let (_, ended) = ask(&test, &test.caller, "fast").await;
    assert_eq!(ended.code.as_deref(), Some("unauthenticated"));
    assert!(ended.reason.unwrap().contains("cannot be opened") && mine.asked().is_empty());
}

#[tokio::test]
async fn a_route_that_is_disabled_stops_its_running_call() {
    for (said, falls, code) in
        [("", true, None), ("", false, Some("model_disabled")), ("Half an", true, Some("model_disabled"))]
    {
        let (mine, spare) = (Peer::start([Plays::Hangs(said)]).await, Peer::start([Plays::Says("Spare.")]).await);
        let test = local(models(vec![spare.provider("spare")], [("gpt-5.4", route("spare", "m"))])).await;
        let fallback = if falls { vec!["gpt-5.4".into()] } else { Vec::new() };
        let fast = RouteSettings { fallback, ..route("own", "quick") };
        lead(&test, &test.caller, &mine, &[("fast", fast.clone())]).await;
        let thread = begin(&test, &test.caller, "fast").await;
        if said.is_empty() {
            while mine.asked().is_empty() {
                tokio::task::yield_now().await;
            }
        } else {
            test.until(thread, |item| matches!(item, domain::event::Item::Delta(_))).await;
        }
        // A change of another route does not stop it.
        test.app.put_route(&test.caller, "other".into(), route("own", "other")).await.unwrap();
        test.app.put_route(&test.caller, "fast".into(), RouteSettings { disabled: true, ..fast }).await.unwrap();
        let ended = ended(&test, &test.caller, thread).await;
        assert_eq!(ended.code.as_deref(), code, "{said:?} {falls}");
        assert_eq!((mine.asked().len(), spare.asked().len()), (1, usize::from(code.is_none())));
        if !falls {
            let error = refused(test.app.send(&test.caller, chosen(thread, "fast")).await);
            assert_eq!((error.kind, error.code), (Kind::Conflict, codes::MODEL_DISABLED));
        }
    }
}

#[tokio::test]
async fn a_route_of_the_configuration_is_switched_off_for_all_projects() {
    let (slow, spare) = (Peer::start([Plays::Hangs("")]).await, Peer::start([Plays::Says("Spare.")]).await);
    let falls = RouteSettings { fallback: vec!["gpt-5.4".into()], ..route("slow", "m") };
    let routes = [("gpt-5.5", falls), ("gpt-5.4", route("spare", "m"))];
    let test = local(models(vec![slow.provider("slow"), spare.provider("spare")], routes)).await;
    let (other, _) = test.other_project().await;
    let thread = begin(&test, &other, "gpt-5.5").await;
    while slow.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let refusal = refused(test.app.switch_route(&other, "gpt-5.5", true).await);
    assert_eq!(
        (refusal.kind, refused(test.app.list_configured_routes(&other).await).kind),
        (Kind::Forbidden, Kind::Forbidden)
    );
    assert_eq!(
        code(test.app.switch_route(&test.caller, "gpt-*", true).await),
        (Kind::NotFound, codes::ROUTE_NOT_FOUND)
    );
    assert!(test.app.switch_route(&test.caller, "gpt-5.5", true).await.unwrap().disabled);
    assert_eq!(ended(&test, &other, thread).await.code, None);
    assert_eq!(ask(&test, &test.caller, "gpt-5.5").await.1.code, None);
    assert_eq!((slow.asked().len(), spare.asked().len()), (1, 2));
    test.app.switch_route(&test.caller, "gpt-5.4", true).await.unwrap();
    let thread = test.thread().await.id;
    let error = refused(test.app.send(&test.caller, chosen(thread, "gpt-5.5")).await);
    assert_eq!((error.kind, error.code), (Kind::Conflict, codes::MODEL_DISABLED));
    for name in ["gpt-5.5", "gpt-5.4"] {
        assert!(!test.app.switch_route(&test.caller, name, false).await.unwrap().disabled);
    }
    let off = test.app.list_configured_routes(&test.caller).await.unwrap();
    assert_eq!(
        off.iter().map(|route| (route.name.as_str(), route.disabled)).collect::<Vec<_>>(),
        [("gpt-5.4", false), ("gpt-5.5", false)]
    );
    begin(&test, &other, "gpt-5.5").await;
    while slow.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_agent_that_is_paused_stops_its_calls_and_begins_none() {
    let mine = Peer::start([Plays::Hangs("Half an")]).await;
    let test = local(Models::default()).await;
    lead(&test, &test.caller, &mine, &[("fast", route("own", "quick"))]).await;
    let thread = begin(&test, &test.caller, "fast").await;
    test.app.send(&test.caller, chosen(thread, "fast")).await.unwrap();
    test.until(thread, |item| matches!(item, domain::event::Item::Delta(_))).await;
    test.default_agent(Settings { paused: true, ..Settings::default() }).await;
    test.settle(thread).await;
    let ends: Vec<_> = test.log(thread).await.iter().filter_map(|entry| entry.event.ended()?.code.clone()).collect();
    assert_eq!((ends, mine.asked().len()), (vec!["agent_paused".to_owned(); 2], 1));
    // A script is no provider's call, and is stopped all the same.
    test.default_agent(Settings::default()).await;
    let hangs = vec![domain::script::Reply { hang: true, ..domain::script::Reply::default() }];
    let agent = test.script(hangs).await;
    let thread = test.thread().await.id;
    test.say(thread, "hello", Policy::Queue).await;
    test.default_agent(Settings { paused: true, ..agent.settings }).await;
    assert_eq!(ended(&test, &test.caller, thread).await.code.as_deref(), Some("agent_paused"));
}

#[tokio::test]
async fn another_server_on_the_database_learns_of_a_change() {
    let database = Some(Cluster::of_this_process().fresh_database().await);
    let node = async || {
        let provider_targets = Targets::Any;
        TestApp::with(Choices { database: database.clone(), provider_targets, ..Choices::default() }).await
    };
    let (one, two) = (node().await, node().await);
    let mine = Peer::start([Plays::Hangs("")]).await;
    let thread = two.thread().await.id;
    assert_eq!(at_fault(two.app.send(&two.caller, chosen(thread, "fast")).await), "controls.model");
    lead(&one, &one.caller, &mine, &[("fast", route("own", "quick"))]).await;
    let sent = async || loop {
        match two.app.send(&two.caller, chosen(thread, "fast")).await {
            Ok(sent) => return sent,
            Err(error) => assert_eq!(error.fields[0].path, "controls.model"),
        }
        tokio::task::yield_now().await;
    };
    sent().await;
    while mine.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    one.app
        .put_route(&one.caller, "fast".into(), RouteSettings { disabled: true, ..route("own", "quick") })
        .await
        .unwrap();
    assert_eq!(ended(&two, &two.caller, thread).await.code.as_deref(), Some("model_disabled"));
}

#[tokio::test]
async fn a_check_asks_each_model_of_a_provider_once_and_says_what_is_wrong() {
    const WRONG_KEY: Plays = Plays::Refuses(401, "", r#"{"error":{"message":"no such key"}}"#);
    let peer = Peer::start([Plays::Says("OK"), WRONG_KEY]).await;
    let test = local(Models::default()).await;
    let off = RouteSettings { disabled: true, ..route("own", "two") };
    lead(&test, &test.caller, &peer, &[("b", off), ("a", route("own", "one"))]).await;
    test.app.put_provider(&test.caller, new("empty", &peer.base_url)).await.expect("a provider");
    let checked = test.app.check_provider(&test.caller, "own").await.unwrap();
    let told: Vec<_> = checked.iter().map(|one| (&*one.route, &*one.provider, &*one.model)).collect();
    assert_eq!(told, [("a", "own", "one"), ("b", "own", "two")]);
    assert_eq!(checked[0].problem, None);
    let problem = checked[1].problem.as_ref().expect("a problem");
    assert_eq!(problem.fault, domain::fault::Fault::Unauthenticated);
    assert!(problem.words.starts_with("the provider refuses the key") && !problem.words.contains("sk-own"));
    assert_eq!(test.app.check_provider(&test.caller, "empty").await.unwrap(), []);
    let one = test.app.check_route(&test.caller, "b").await.unwrap();
    assert_eq!((&*one.route, one.problem.is_some(), peer.asked().len()), ("b", true, 3), "a disabled route too");
    let (other, _) = test.other_project().await;
    assert_eq!(code(test.app.check_route(&other, "a").await), (Kind::NotFound, codes::ROUTE_NOT_FOUND));
    assert_eq!(code(test.app.check_provider(&other, "own").await), (Kind::NotFound, codes::PROVIDER_NOT_FOUND));
    assert_eq!(peer.asked().len(), 3);
}

#[tokio::test]
async fn checks_are_bounded_in_number_in_time_and_in_a_minute() {
    let peer = Peer::start([Plays::Hangs("")]).await;
    let limits = Limits { checks: 2, check_s: 1, checked_routes: 2, ..Limits::default() };
    let (clock, now) = TestApp::manual_clock();
    let choices = Choices { limits, clock, provider_targets: Targets::Any, ..Choices::default() };
    let test = TestApp::with(choices).await;
    let routes = [("a", route("own", "one")), ("b", route("own", "two")), ("c", route("own", "three"))];
    lead(&test, &test.caller, &peer, &routes).await;
    let checked = test.app.check_provider(&test.caller, "own").await.unwrap();
    assert_eq!(checked.len(), 2);
    for one in checked {
        let words = one.problem.expect("a problem").words;
        assert_eq!(words, "the answer failed: the check was not over within 1 seconds");
    }
    test.app.check_route(&test.caller, "a").await.unwrap();
    let refused = test.app.check_route(&test.caller, "a").await.unwrap_err();
    assert_eq!((refused.kind, refused.retry_after_s), (Kind::RateLimited, Some(60)));
    now.fetch_add(60_000_000, std::sync::atomic::Ordering::SeqCst);
    test.app.check_route(&test.caller, "a").await.unwrap();
}
