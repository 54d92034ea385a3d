//! Tokens and tickets, and whom they let in.

use domain::{
    AgentId, CustomerId, ThreadId,
    caller::{Scope, Scopes, Subject},
};
use engine::app::access::keys::NewKey;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    server::{Api, Reply, id_of, reply, text},
    threads::uuid_of_nobody,
};

/// Whom the text lets in.
async fn subject(api: &Api, token: &Value) -> Subject {
    api.test().app.authenticate(&text(token)).await.expect("a good token").subject
}

async fn by(api: &Api, key: &str, path: &str) -> Reply {
    reply(api.bare(Method::POST, &format!("/threadline/v1{path}")).bearer_auth(key)).await
}

#[tokio::test]
async fn a_token_lets_its_holder_into_one_thread_or_speak_for_one_customer() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let made = api.act(&format!("{thread}/tokens")).await.is(201);
    assert_eq!(subject(&api, &made["token"]).await, Subject::Thread(id_of(&thread)));
    let customer = text(&api.post("/customers", json!({"name": "Ann"})).await.is(201)["id"]);
    let made = api.act(&format!("/customers/{customer}/tokens")).await.is(201);
    let expected = Subject::Customer(CustomerId::parse(&customer).unwrap());
    assert_eq!(subject(&api, &made["token"]).await, expected);
    let with_it = api.bare(Method::GET, "/threadline/v1/threads").bearer_auth(text(&made["token"]));
    assert_eq!(reply(with_it).await.refused(401), "unauthorized", "this API is for keys");
}

#[tokio::test]
async fn a_token_and_a_ticket_die_with_the_key_that_made_them() {
    let api = Api::start().await;
    let (thread, app) = (api.thread().await, &api.test().app);
    let new = NewKey { name: "k".into(), scopes: Scopes::ALL, ..NewKey::default() };
    let (key, secret) = app.create_key(&api.test().caller, new, None).await.unwrap();
    let token = text(&by(&api, &secret, &format!("{thread}/tokens")).await.is(201)["token"]);
    let ticket = text(&by(&api, &secret, &format!("{thread}/tickets")).await.is(201)["ticket"]);
    app.authenticate(&token).await.unwrap();
    let caller = app.redeem_ticket(&ticket, id_of(&thread)).await.unwrap();
    assert_eq!((caller.subject, caller.scopes), (Subject::Thread(id_of(&thread)), Scopes::of(&[Scope::Read])));
    let sibling = api.thread().await;
    app.redeem_ticket(&ticket, id_of(&sibling)).await.unwrap_err();
    api.delete(&format!("/keys/{}", key.id)).await.is(200);
    app.authenticate(&token).await.unwrap_err();
    app.redeem_ticket(&ticket, id_of(&thread)).await.unwrap_err();
}

#[tokio::test]
async fn an_end_user_is_let_in_under_the_programs_name_for_them() {
    let api = Api::start().await;
    let agent = text(&api.get("/agents/default").await.is(200)["id"]);
    let made = api.act("/agents/default/end-users/ann%20(shop)/tokens").await.is(201);
    let customer = api.get(&format!("/customers/{}", text(&made["customer"]))).await.is(200);
    assert_eq!(customer["external_id"], "ann (shop)");
    let expected = Subject::EndUser {
        agent: AgentId::parse(&agent).unwrap(),
        customer: CustomerId::parse(&text(&made["customer"])).unwrap(),
    };
    assert_eq!(subject(&api, &made["token"]).await, expected);
    let again = api.act(&format!("/agents/{agent}/end-users/ann%20(shop)/tokens")).await.is(201);
    assert_eq!((&again["customer"], api.list("/customers").await.len()), (&made["customer"], 1));
    let program = json!({"name": "p", "scopes": ["read", "write", "impersonate"], "agent": "default"});
    let program = text(&api.post("/keys", program).await.is(201)["secret"]);
    let made = by(&api, &program, "/agents/default/end-users/bob/tokens").await.is(201);
    assert_eq!(subject(&api, &made["token"]).await.agent(), Some(AgentId::parse(&agent).unwrap()));
    api.post("/agents", json!({"name": "other"})).await.is(201);
    assert_eq!(by(&api, &program, "/agents/other/end-users/bob/tokens").await.refused(404), "agent_not_found");
}

#[tokio::test]
async fn an_end_user_who_is_let_in_twice_under_one_key_is_one_customer() {
    let api = Api::start().await;
    let let_in = |name: &str| {
        let path = format!("/agents/default/end-users/{name}/tokens");
        reply(api.request(Method::POST, &path).header("Idempotency-Key", "key"))
    };
    let made = let_in("ann").await.is(201);
    let again = let_in("ann").await;
    assert_eq!((&again.is(201)["customer"], again.header("idempotent-replayed")), (&made["customer"], "true"));
    assert_eq!(let_in("bob").await.refused(409), "origin_key_reused");
    assert_eq!(api.list("/customers").await.len(), 1);
}

#[tokio::test]
async fn a_guest_begins_a_thread_with_an_agent_that_lets_them_in() {
    let api = Api::start().await;
    let guests = json!({"guests": {"origins": ["https://shop.example"]}});
    let agent = api.patch("/agents/default", guests).await.is(200);
    let path = |id: &Value| format!("/threadline/v1/agents/{}/guests", text(id));
    let begin = |from: Option<&str>| {
        let request = api.bare(Method::POST, &path(&agent["guest_id"]));
        reply(from.into_iter().fold(request, |request, page| request.header("origin", page)))
    };
    let begun = begin(Some("https://shop.example")).await;
    let begun = begun.is(201);
    let thread = ThreadId::parse(&text(&begun["thread"])).unwrap();
    assert_eq!(subject(&api, &begun["token"]).await, Subject::Thread(thread));
    let shown = api.get(&format!("/threads/{thread}")).await.is(200);
    assert_eq!((&shown["agent"], &shown["window"]["length_s"].is_i64()), (&agent["id"], &true));
    assert_eq!(begin(None).await.is(201).get("id"), None, "a program comes from no page");
    for unknown in [agent["id"].clone(), json!(uuid_of_nobody()), json!("default")] {
        let refused = reply(api.bare(Method::POST, &path(&unknown))).await;
        assert_eq!(refused.refused(404), "agent_not_found", "{unknown}");
    }
    api.patch("/agents/default", json!({"guests": null})).await.is(200);
    assert_eq!(begin(None).await.refused(404), "agent_not_found");
    assert_eq!(api.list("/threads").await.len(), 2);
}

#[tokio::test]
async fn nobody_is_let_in_to_what_is_not_there_or_by_a_key_without_the_scope() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let customer = format!("/customers/{}", text(&api.post("/customers", json!({})).await.is(201)["id"]));
    let nobody = uuid_of_nobody();
    let foreign = api.test().other_project().await.1;
    for (path, lacking, code) in [
        (format!("{thread}/tokens"), "read", "thread_not_found"),
        (format!("{thread}/tickets"), "write", "thread_not_found"),
        (format!("{customer}/tokens"), "read", "customer_not_found"),
    ] {
        let key = api.test().new_key(Scopes::parse(lacking).unwrap()).await;
        assert_eq!(by(&api, &key, &path).await.refused(403), "forbidden", "{path}");
        assert_eq!(by(&api, &foreign, &path).await.refused(404), code, "{path}");
        let (base, rest) = path.rsplit_once('/').unwrap();
        let (noun, _) = base.rsplit_once('/').unwrap();
        for unknown in [nobody.to_string(), "x".into()] {
            assert_eq!(api.act(&format!("{noun}/{unknown}/{rest}")).await.refused(404), code, "{path}");
        }
    }
    for scopes in ["read,write", "write,impersonate"] {
        let key = api.test().new_key(Scopes::parse(scopes).unwrap()).await;
        let refused = by(&api, &key, "/agents/default/end-users/ann/tokens").await;
        assert_eq!(refused.refused(403), "forbidden", "{scopes}");
    }
    for name in ["%20", &*"x".repeat(257), "a%0Ab"] {
        assert_eq!(api.act(&format!("/agents/default/end-users/{name}/tokens")).await.at_fault(), "name", "{name}");
    }
    assert_eq!(api.list("/customers").await.len(), 1);
}
