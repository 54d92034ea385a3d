//! Customers and their addresses.

use domain::customer::Writes;
use engine::app::people::end_users::EndUser;
use serde_json::{Value, json};

use crate::{
    server::{Api, each, keys, text},
    threads::uuid_of_nobody,
};

async fn make(api: &Api, body: Value) -> Value {
    api.post("/customers", body).await.is(201)
}

fn path(customer: &Value) -> String {
    format!("/customers/{}", text(&customer["id"]))
}

fn addresses(customer: &Value) -> Vec<Value> {
    each(customer["contacts"].as_array().unwrap(), "address")
}

#[tokio::test]
async fn a_customer_is_made_found_changed_and_removed() {
    let api = Api::start().await;
    let body = json!({"external_id": "c-7", "name": "Ann", "contacts": ["Ann@Example.com", "a@example.org"]});
    let ann = make(&api, body).await;
    assert_eq!(addresses(&ann), ["a@example.org", "ann@example.com"]);
    let bare = make(&api, json!({})).await;
    assert_eq!(keys(&bare), ["contacts", "created_at", "id"]);
    let patch = json!({"name": null, "contacts": ["ann@example.com", "new@example.com"]});
    let changed = api.patch(&path(&ann), patch).await.is(200);
    assert_eq!((&changed["external_id"], changed.get("name")), (&json!("c-7"), None));
    let id_of = |customer: &Value, address: &str| {
        let contacts = customer["contacts"].as_array().unwrap();
        contacts.iter().find(|contact| contact["address"] == address).map(|contact| contact["id"].clone())
    };
    assert_eq!(id_of(&changed, "ann@example.com"), id_of(&ann, "ann@example.com"), "what stays keeps its id");
    assert_eq!(id_of(&changed, "a@example.org"), None);
    assert!(id_of(&changed, "new@example.com").is_some());
    assert_eq!(api.patch(&path(&ann), json!({})).await.is(200), changed);
    api.delete(&path(&ann)).await.is(204);
    for gone in [path(&ann), format!("/customers/{}", uuid_of_nobody()), "/customers/x".into()] {
        assert_eq!(api.get(&gone).await.refused(404), "customer_not_found");
        assert_eq!(api.patch(&gone, json!({})).await.refused(404), "customer_not_found");
        assert_eq!(api.delete(&gone).await.refused(404), "customer_not_found");
    }
    assert_eq!(api.list("/customers").await, [bare]);
    make(&api, json!({"external_id": "c-7", "contacts": ["new@example.com"]})).await;
}

#[tokio::test]
async fn customers_are_listed_oldest_first_and_found_by_what_is_theirs() {
    let api = Api::start().await;
    let mut made = Vec::new();
    for (id, address) in [("a", "a@example.com"), ("b", "b@example.com"), ("c", "c@example.com")] {
        made.push(make(&api, json!({"external_id": id, "contacts": [address]})).await);
    }
    let (all, pages) = api.pages("/customers?limit=2").await;
    assert_eq!((&all, pages), (&made, 2));
    for (query, expected) in [
        ("external_id=b", &made[1..2]),
        ("contact=C@example.com", &made[2..]),
        ("external_id=a&contact=a@example.com", &made[..1]),
        ("external_id=a&contact=b@example.com", &[]),
        ("external_id=", &[]),
        ("contact=nobody", &[]),
    ] {
        assert_eq!(api.list(&format!("/customers?{query}")).await, expected, "{query}");
    }
    let cursor = text(&api.get("/customers?limit=2").await.is(200)["next"]);
    let other = api.get(&format!("/customers?limit=2&external_id=a&cursor={cursor}")).await;
    other.refused(400);
}

#[tokio::test]
async fn a_customer_that_cannot_be_is_refused_and_nothing_is_stored() {
    let api = Api::start().await;
    let ann = make(&api, json!({"external_id": "c-7", "contacts": ["ann@example.com"]})).await;
    let bob = make(&api, json!({"external_id": "c-8"})).await;
    let many: Vec<String> = (0..51).map(|n| format!("a{n}@example.com")).collect();
    for (body, at) in [
        (json!({"external_id": ""}), "external_id"),
        (json!({"external_id": "x".repeat(256)}), "external_id"),
        (json!({"external_id": "a\nb"}), "external_id"),
        (json!({"name": " "}), "name"),
        (json!({"name": "x".repeat(501)}), "name"),
        (json!({"contacts": "ann@example.com"}), "contacts"),
        (json!({"contacts": ["ann"]}), "contacts.0"),
        (json!({"contacts": ["x@example.com", "Ann <a@example.com>"]}), "contacts.1"),
        (json!({"contacts": ["a@example.com\r\nBcc: b@example.com"]}), "contacts.0"),
        (json!({"contacts": many}), "contacts"),
        (json!({"email": "a@example.com"}), "email"),
    ] {
        assert_eq!(api.post("/customers", body.clone()).await.at_fault(), at, "{body}");
        assert_eq!(api.patch(&path(&bob), body.clone()).await.at_fault(), at, "{body}");
    }
    assert_eq!(api.patch(&path(&bob), json!({"contacts": null})).await.at_fault(), "contacts");
    for (body, code) in [
        (json!({"external_id": "c-7"}), "customer_exists"),
        (json!({"contacts": ["ANN@example.com"]}), "contact_taken"),
    ] {
        assert_eq!(api.post("/customers", body.clone()).await.refused(409), code);
        assert_eq!(api.patch(&path(&bob), body).await.refused(409), code);
    }
    assert_eq!(api.list("/customers").await, [ann, bob]);
    make(&api, json!({"external_id": "x".repeat(255), "name": "ü".repeat(500), "contacts": many[..50]})).await;
}

#[tokio::test]
async fn one_who_was_let_in_shows_with_what_they_write() {
    let api = Api::start().await;
    let writes =
        Writes { to: Some("desk@example.com".into()), mailbox: Some("desk".into()), tags: vec!["chat".into()] };
    let user = EndUser { external_id: Some("c-7".into()), emails: vec!["ann@example.com".into()], writes };
    api.test().app.keyed(None).let_in_end_user(&api.test().caller, user).await.unwrap();
    let customers = api.list("/customers").await;
    let expected = json!({"to": "desk@example.com", "mailbox": "desk", "tags": ["chat"]});
    assert_eq!(customers[0]["writes"], expected);
    let changed = api.patch(&path(&customers[0]), json!({"name": "Ann"})).await.is(200);
    assert_eq!((&changed["writes"], api.get(&path(&changed)).await.is(200)), (&expected, changed.clone()));
}
