//! Threads as tickets.

use serde_json::{Value, json};

use crate::{
    server::{Api, each, text},
    threads::uuid_of_nobody,
};

async fn set(api: &Api, thread: &str, body: Value) -> Value {
    api.patch(&format!("{thread}/ticket"), body).await.is(200)
}

async fn customer(api: &Api, id: &str) -> Value {
    api.post("/customers", json!({"external_id": id, "contacts": [format!("{id}@example.com")]})).await.is(201)
}

#[tokio::test]
async fn a_ticket_takes_every_status_from_every_other() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let all = ["open", "waiting", "reminder", "closed"];
    for from in all {
        for to in all {
            set(&api, &thread, json!({"ticket": from})).await;
            let shown = set(&api, &thread, json!({"ticket": to})).await;
            assert_eq!((&shown["ticket"], shown["state"] == "closed"), (&json!(to), to == "closed"), "{from} to {to}");
            assert_eq!(api.get(&thread).await.is(200), shown);
            let listed = each(&api.list(&format!("/threads?ticket={to}")).await, "id");
            assert_eq!(listed, [shown["id"].clone()]);
        }
    }
    let kinds = each(&api.list(&format!("{thread}/events")).await, "type");
    let count = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!(count("thread.closed"), count("thread.reopened") + 1);
    assert_eq!(api.list("/threads?ticket=open").await, Vec::<Value>::new());
    assert_eq!(api.get("/threads?ticket=done").await.at_fault(), "ticket");
}

#[tokio::test]
async fn people_tags_reminder_and_comment_are_set_at_once_and_said_in_the_log() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let (ann, bob) = (customer(&api, "ann").await, customer(&api, "bob").await);
    let patch = json!({
        "ticket": "reminder", "customers": [bob["id"], ann["id"], bob["id"]], "tags": ["late", "vip"],
        "reminder": {"delay_s": 3_600, "number_left": 2}, "comment": "Called twice",
    });
    let shown = set(&api, &thread, patch.clone()).await;
    assert_eq!(
        (&shown["ticket"], &each(shown["tags"].as_array().unwrap(), "name")),
        (&json!("reminder"), &vec![json!("late"), json!("vip")])
    );
    assert_eq!((&shown["reminder"]["delay_s"], &shown["reminder"]["number_left"]), (&json!(3_600), &json!(2)));
    assert_eq!(api.list(&format!("{thread}/customers")).await, [ann.clone(), bob.clone()]);
    for (of, expected) in [(&ann, 1), (&bob, 1)] {
        assert_eq!(api.list(&format!("/threads?customer={}", text(&of["id"]))).await.len(), expected);
    }
    assert_eq!(api.list(&format!("/threads?customer={}", uuid_of_nobody())).await.len(), 0);
    let events = api.list(&format!("{thread}/events?after=1")).await;
    let changed = &events[0]["data"]["changed"];
    assert_eq!((&changed["ticket"], &changed["comment"]), (&json!("reminder"), &json!("Called twice")));
    assert_eq!(changed["reminder"], json!({"delay_s": 3_600, "number_left": 2}));
    assert_eq!(changed["customers"], json!([ann["id"], bob["id"]]));
    assert_eq!(events[1]["data"]["changed"], json!({"tags": ["late", "vip"]}));
    let same =
        set(&api, &thread, json!({"ticket": "reminder", "customers": [ann["id"], bob["id"]], "tags": ["vip", "late"]}))
            .await;
    assert_eq!(same["last_seq"], shown["last_seq"], "what does not differ changes nothing");
    let bare = set(&api, &thread, json!({"customers": [], "tags": [], "reminder": null})).await;
    assert_eq!((&bare["tags"], bare.get("reminder")), (&json!([]), None));
    assert_eq!(api.list(&format!("{thread}/customers")).await.len(), 0);
}

#[tokio::test]
async fn a_ticket_that_cannot_be_is_refused_and_nothing_changes() {
    let api = Api::start().await;
    let thread = api.thread().await;
    let ann = customer(&api, "ann").await;
    let nobody = uuid_of_nobody();
    for (body, at) in [
        (json!({"ticket": "done"}), "ticket"),
        (json!({"ticket": null}), "ticket"),
        (json!({"customers": null}), "customers"),
        (json!({"customers": ["x"]}), "customers.0"),
        (json!({"customers": [ann["id"], nobody]}), "customers.1"),
        (json!({"customers": vec![nobody.clone(); 51]}), "customers"),
        (json!({"tags": [""]}), "tags.0"),
        (json!({"tags": vec!["x"; 51]}), "tags"),
        (json!({"reminder": {"delay_s": -1, "number_left": 1}}), "reminder.delay_s"),
        (json!({"reminder": {"delay_s": 1, "number_left": 0}}), "reminder.number_left"),
        (json!({"reminder": {"delay_s": 1}}), "reminder.number_left"),
        (json!({"reminder": {"delay_s": 3_153_600_001_i64, "number_left": 1}}), "reminder.delay_s"),
        (json!({"reminder": {"delay_s": 1, "number_left": 1_001}}), "reminder.number_left"),
        (json!({"comment": " "}), "comment"),
        (json!({"comment": "x".repeat(10_001)}), "comment"),
        (json!({"status": 1}), "status"),
    ] {
        let with_more = json!({"ticket": "reminder"});
        let body = match body.get("ticket") {
            Some(_) => body,
            None => {
                with_more.as_object().unwrap().clone().into_iter().chain(body.as_object().unwrap().clone()).collect()
            }
        };
        assert_eq!(api.patch(&format!("{thread}/ticket"), body.clone()).await.at_fault(), at, "{body}");
    }
    let shown = api.get(&thread).await.is(200);
    assert_eq!((&shown["ticket"], &shown["last_seq"]), (&json!("waiting"), &json!(1)));
    set(
        &api,
        &thread,
        json!({"comment": "x".repeat(10_000), "tags": (0..50).map(|n| n.to_string()).collect::<Vec<_>>()}),
    )
    .await;
    set(&api, &thread, json!({"reminder": {"delay_s": 3_153_600_000_i64, "number_left": 1_000}})).await;
    let unknown = format!("/threads/{nobody}/ticket");
    assert_eq!(api.patch(&unknown, json!({"ticket": "open"})).await.refused(404), "thread_not_found");
    assert_eq!(api.get(&format!("/threads/{nobody}/customers")).await.refused(404), "thread_not_found");
}
