//! Roles of members, and the lines of the audit trail about roles and secrets.

use domain::{
    Caller, Kind, MemberId, WebhookId,
    caller::{Scope, Scopes},
    codes,
    project::Role,
    provider,
};
use engine::{
    Targets,
    app::{
        access::keys::NewKey,
        own_provider::{NewKey as ProviderKey, NewProvider},
        people::members::NewMember,
        webhooks::Draft,
    },
    testing::{Choices, TestApp},
};

use crate::{admin::with_scopes, outbox::hook, outcome::code};

async fn member(test: &TestApp, name: &str, role: Role) -> MemberId {
    let new = NewMember { email: format!("{name}@example.com"), name: None, role: Some(role) };
    test.app.create_member(&test.caller, new, None).await.unwrap().id
}

/// Acts on something, oldest first.
async fn acts(test: &TestApp) -> Vec<(String, String)> {
    let all = test.app.list_audit(&test.caller, None, 100).await.unwrap();
    all.into_iter().rev().filter_map(|one| Some((one.action, one.object?))).collect()
}

#[tokio::test]
async fn the_last_admin_keeps_the_role_and_the_place() {
    let test = TestApp::start().await;
    let (ann, ben) = (member(&test, "ann", Role::Admin).await, member(&test, "ben", Role::Member).await);
    let set = async |id, role| code_of(test.app.set_member_role(&test.caller, id, role).await.map(drop));
    assert_eq!(set(ann, Role::Member).await, Some((Kind::Conflict, codes::LAST_ADMIN)));
    let removed = test.app.delete_member(&test.caller, ann).await;
    assert_eq!(code(removed), (Kind::Conflict, codes::LAST_ADMIN));
    assert_eq!(set(ben, Role::Member).await, None, "the present role is no change");
    assert_eq!(set(ben, Role::Admin).await, None);
    assert_eq!(set(ann, Role::Member).await, None);
    test.app.delete_member(&test.caller, ann).await.unwrap();
    let told = [("make_admin", ben), ("make_member", ann), ("delete_member", ann)];
    assert_eq!(acts(&test).await, told.map(|(act, id)| (act.to_owned(), id.to_string())));
}

fn code_of(result: domain::Result<()>) -> Option<(Kind, domain::Code)> {
    result.err().map(|error| (error.kind, error.code))
}

#[tokio::test]
async fn a_role_is_given_by_who_has_its_scopes_in_the_own_project() {
    let test = TestApp::start().await;
    let ben = member(&test, "ben", Role::Member).await;
    let set = async |caller: &Caller| test.app.set_member_role(caller, ben, Role::Admin).await.map(drop);
    for scopes in [&[Scope::Read, Scope::Write][..], &[Scope::Read, Scope::Admin]] {
        assert_eq!(code(set(&with_scopes(&test, scopes).await).await).0, Kind::Forbidden, "{scopes:?}");
    }
    let (other, _) = test.other_project().await;
    assert_eq!(code(set(&other).await), (Kind::NotFound, codes::MEMBER_NOT_FOUND));
    assert_eq!(test.app.member(&test.caller, ben).await.unwrap().role, Role::Member);
}

/// Two admins take the role from one another, on two connections of PostgreSQL and on SQLite's one.
async fn of_two_admins_one_stays(database: Option<String>) {
    let test = TestApp::with(Choices { database, ..Choices::default() }).await;
    let (ann, ben) = (member(&test, "ann", Role::Admin).await, member(&test, "ben", Role::Admin).await);
    for round in 0..20 {
        let set = |id, role| test.app.set_member_role(&test.caller, id, role);
        let (one, other) = tokio::join!(set(ann, Role::Member), set(ben, Role::Member));
        let refused: Vec<_> = [one.map(drop), other.map(drop)].into_iter().filter_map(code_of).collect();
        assert_eq!(refused, [(Kind::Conflict, codes::LAST_ADMIN)], "round {round}");
        for id in [ann, ben] {
            set(id, Role::Admin).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_one_stays_on_sqlite() {
    of_two_admins_one_stays(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_admins_one_stays_on_postgres() {
    of_two_admins_one_stays(Some(store::testing::Cluster::of_this_process().fresh_database().await)).await;
}

#[tokio::test]
async fn each_change_of_a_secret_leaves_a_line_without_the_secret() {
    let test =
        TestApp::with(Choices { webhook_targets: Targets::Any, provider_targets: Targets::Any, ..Choices::default() })
            .await;
    let (app, caller) = (&test.app, &test.caller);
    app.word_deliveries([("test", std::sync::Arc::new(crate::outbox::Kind) as _)].into());
    let new = NewKey { name: "till".into(), scopes: Scopes::of(&[Scope::Read]), ..NewKey::default() };
    let (key, _) = app.create_key(caller, new, None).await.unwrap();
    for _ in 0..2 {
        app.revoke_key(caller, key.id).await.unwrap();
    }
    let signs = app.create_webhook(caller, hook("http://127.0.0.1:1/".into()), None).await.unwrap().0.id;
    app.rotate_webhook_secret(caller, signs, 0, None).await.unwrap();
    let mut fixed = hook("http://127.0.0.1:1/".into());
    fixed.authorization = Some("Basic live".into());
    let fixed: WebhookId = app.create_webhook(caller, fixed, None).await.unwrap().0.id;
    let set = |draft: &mut Draft| draft.authorization = Some("Basic more".into());
    app.update_webhook(caller, fixed, set).await.unwrap();
    app.update_webhook(caller, fixed, |draft: &mut Draft| draft.description = Some("same".into())).await.unwrap();
    app.update_webhook(caller, fixed, |draft: &mut Draft| draft.url = "http://127.0.0.1:2/".into()).await.unwrap();
    app.delete_webhook(caller, fixed).await.unwrap();
    let provider = |key| NewProvider {
        name: "own".into(),
        kind: provider::Kind::Openai,
        base_url: Some("http://127.0.0.1:1/v1".into()),
        wire: None,
        key,
    };
    for change in [ProviderKey::Set("sk-live".into()), ProviderKey::Stay, ProviderKey::Remove, ProviderKey::Remove] {
        app.put_provider(caller, provider(change)).await.unwrap();
    }
    app.delete_provider(caller, "own").await.unwrap();
    let told: Vec<(&str, String)> = vec![
        ("create_key", key.id.to_string()),
        ("revoke_key", key.id.to_string()),
        ("create_webhook", signs.to_string()),
        ("rotate_webhook_secret", signs.to_string()),
        ("create_webhook", fixed.to_string()),
        ("set_webhook_authorization", fixed.to_string()),
        ("remove_webhook_authorization", fixed.to_string()),
        ("delete_webhook", fixed.to_string()),
        ("set_provider_key", "own".into()),
        ("remove_provider_key", "own".into()),
        ("delete_provider", "own".into()),
    ];
    assert_eq!(acts(&test).await, told.into_iter().map(|(act, on)| (act.to_owned(), on)).collect::<Vec<_>>());
}
