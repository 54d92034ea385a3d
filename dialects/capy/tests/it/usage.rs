//! `GET …/usage`.

use domain::controls::Policy;
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
async fn active_threads_are_told_with_who_began_them_and_no_amounts() {
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
