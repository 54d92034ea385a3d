//! `GET …/usage`.

use domain::controls::Policy;
use engine::testing::{
    Choices,
    peers::{Peer, Plays, models, route},
};
use serde_json::{Value, json};

use crate::{
    answers::fits,
    client::{Door, Refused, Reply},
    threads::project,
};

const PERIOD: &str = "from=2020-01-01T00:00:00Z&to=2099-01-01T00:00:00.000Z";

async fn usage(door: &Door, query: &str) -> Reply {
    let reply = door.get(&format!("/api/v1/usage?orgId={}&{query}", project(door))).await;
    fits(&reply, "get", "/v1/usage");
    reply
}

#[tokio::test]
async fn active_threads_are_told_with_who_began_them() {
    let door = Door::open().await;
    let test = &door.server.test;
    test.say(door.thread, "x", Policy::Queue).await;
    test.settle(door.thread).await;
    let (second, _silent) = (test.thread().await.id, test.thread().await.id);
    test.say(second, "y", Policy::Queue).await;
    test.settle(second).await;
    let all = usage(&door, &format!("{PERIOD}&routed=all")).await.json();
    let key = test.caller.key.to_string();
    assert_eq!((&all["orgId"], &all["total"], &all["totalPages"]), (&json!(project(&door)), &json!(2), &json!(1)));
    assert_eq!(all["totals"], json!({"llmDollars": 0.0, "vmDollars": 0.0, "totalDollars": 0.0}));
    assert_eq!((&all["users"][0]["userId"], &all["users"][0]["isServiceUser"]), (&json!(key), &json!(true)));
    let item = &all["items"][0];
    assert_eq!(item["jamId"], second.prefixed("jam_"));
    assert_eq!((&item["modelCount"], &item["userId"], &item["jamStatus"]), (&json!(1), &json!(key), &json!("idle")));
    assert_eq!((&item["routedSource"], &item["jamAgentType"]), (&json!("no_cost"), &json!("captain")));
    let jams = |page: &Value| {
        let items = page["items"].as_array().expect("items").clone();
        items.iter().map(|item| item["jamId"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let (one, two) = (door.thread.prefixed("jam_"), second.prefixed("jam_"));
    for (query, expected) in [
        ("routed=no_cost&sortDirection=asc", vec![one.clone(), two.clone()]),
        ("routed=all&pageSize=1&page=2", vec![one.clone()]),
        ("routed=all&pageSize=1&page=9007199254740991", vec![]),
        ("routed=all&sortBy=name", vec![two.clone(), one.clone()]),
        ("routed=all&agentType=captain", vec![two.clone(), one.clone()]),
        ("routed=all&agentType=build", vec![]),
        ("routed=all&userId=x", vec![]),
        ("routed=all&projectIds=x", vec![]),
        ("routed=paid", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(jams(&usage(&door, &format!("{PERIOD}&{query}")).await.json()), expected, "{query}");
    }
    let own = usage(&door, &format!("{PERIOD}&routed=all&userId={key}&projectIds=x,{}", project(&door))).await.json();
    assert_eq!(jams(&own), [two, one]);
    let before = usage(&door, "from=2020-01-01T00:00Z&to=2020-01-02T00:00Z&routed=all").await.json();
    assert_eq!((&before["items"], &before["users"], &before["total"]), (&json!([]), &json!([]), &json!(0)));
}

/// Two threads whose calls have a price, the second with two of them, and one whose call has none.
async fn charged() -> (Door, [String; 3]) {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let routes = [("default", route("far", "claude-haiku-4-5")), ("gpt-5.5", route("far", "own"))];
    let models = models(vec![peer.provider("far")], routes);
    let door = Door::of(Choices { models, ..Choices::default() }).await;
    let mut jams = Vec::new();
    for (number, model) in [(1, "claude-haiku-4-5"), (2, "claude-haiku-4-5"), (1, "gpt-5.5")] {
        let thread = door.server.test.thread().await.id;
        for _ in 0..number {
            let path = format!("/api/v1/threads/{}/message", thread.prefixed("jam_"));
            let sent = Reply::of(door.post(&path).json(&json!({"message": "hello", "model": model}))).await;
            assert_eq!(sent.status, 200, "{sent:?}");
            door.server.test.settle(thread).await;
        }
        jams.push(thread.prefixed("jam_"));
    }
    (door, jams.try_into().expect("three"))
}

#[tokio::test]
async fn what_calls_cost_is_told_of_threads_of_people_and_in_all() {
    let (door, [one, two, unpriced]) = charged().await;
    let amounts =
        |of: &Value| [&of["llmDollars"], &of["vmDollars"], &of["totalDollars"]].map(|one| one.as_f64().unwrap());
    // The route `default` is asked for `claude-haiku-4-5`: 1,000 tokens in at 1 dollar, 100 out at 5.
    for (query, jams, total) in [
        ("", vec![&two, &one], 0.0045),
        ("routed=paid&sortBy=cost&sortDirection=asc", vec![&one, &two], 0.0045),
        ("routed=no_cost", vec![&unpriced], 0.0),
        ("routed=all&sortBy=cost", vec![&two, &one, &unpriced], 0.0045),
        ("routed=all&sortBy=cost&pageSize=1&page=2", vec![&one], 0.0045),
        ("routed=external_byok", vec![], 0.0),
    ] {
        let page = usage(&door, &format!("{PERIOD}&{query}")).await.json();
        let found: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["jamId"]).collect();
        assert_eq!(found, jams, "{query}");
        assert_eq!(amounts(&page["totals"]), [total, 0.0, total], "{query}");
        match page["users"].as_array().unwrap().as_slice() {
            [] => assert!(jams.is_empty(), "{query}"),
            [user] => assert_eq!(amounts(user), [total, 0.0, total], "{query}"),
            more => panic!("{more:?}"),
        }
    }
    let all = usage(&door, &format!("{PERIOD}&routed=all&sortBy=cost")).await.json();
    for (item, cost, source, spend) in [
        (&all["items"][0], 0.003, "paid", json!({"paid": 0.003})),
        (&all["items"][1], 0.0015, "paid", json!({"paid": 0.0015})),
        (&all["items"][2], 0.0, "no_cost", json!(null)),
    ] {
        assert_eq!(amounts(item), [cost, 0.0, cost]);
        assert_eq!((&item["routedSource"], &item["routedSpendDollars"]), (&json!(source), &spend));
    }
}

#[tokio::test]
async fn a_wrong_query_is_named() {
    let door = Door::open().await;
    for (query, path) in [
        ("to=2026-01-01T00:00Z", "from"),
        ("from=2026-01-01T00:00Z", "to"),
        ("from=2026-01-01&to=2026-01-01T00:00Z", "from"),
        ("from=2026-01-01T00:00:00%2B00:00&to=2026-01-01T00:00Z", "from"),
        ("from=2026-02-29T00:00Z&to=2026-03-01T00:00Z", "from"),
        ("from=2026-01-02T00:00Z&to=2026-01-01T00:00Z", "to"),
    ] {
        usage(&door, query).await.invalid(path);
    }
    for (query, path) in [
        ("routed=free", "routed"),
        ("userId=", "userId"),
        ("agentType=x", "agentType"),
        ("sortBy=last_activity", "sortBy"),
        ("sortDirection=up", "sortDirection"),
        ("page=0", "page"),
        ("page=9007199254740992", "page"),
        ("pageSize=0", "pageSize"),
        ("pageSize=101", "pageSize"),
    ] {
        usage(&door, &format!("{PERIOD}&{query}")).await.invalid(path);
    }
    door.get(&format!("/api/v1/usage?{PERIOD}")).await.invalid("orgId");
    let (other, _) = door.server.test.other_project().await;
    for org in [other.project.to_string(), "org_1".into()] {
        door.get(&format!("/api/v1/usage?orgId={org}&{PERIOD}")).await.refused(404, "not_found");
    }
}
