//! Paths that several vendors have: each vendor's client is answered in its own words.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::process::{KEY, Server, client};

/// The status, and the names in the body.
async fn answered(request: RequestBuilder) -> (u16, Vec<String>) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body.as_object().unwrap().keys().cloned().collect())
}

#[tokio::test]
async fn what_one_vendor_has_and_we_do_not_is_404_in_its_words_though_another_has_the_path() {
    let server = Server::start();
    let http = client();
    let request = |method, path: &str| http.request(method, format!("{}{path}", server.url));
    let verify = || request(Method::POST, "/api/v1/sessions/verify").json(&json!({"token": "x"}));
    let capys = (404, vec!["error".to_owned()]);
    assert_eq!(answered(verify().bearer_auth(KEY)).await, capys);
    assert_eq!(answered(verify()).await, capys);
    let (status, names) = answered(verify().header("authorization", KEY)).await;
    assert!(status == 405 && names.contains(&"detail".to_owned()), "{status} {names:?}");

    let agents = || request(Method::GET, "/api/v1/agents");
    let feathers = (404, ["code", "message", "status", "success"].map(str::to_owned).to_vec());
    assert_eq!(answered(agents().header("x-api-key", KEY)).await, feathers);
    for everruns in [agents().bearer_auth(KEY), agents().bearer_auth(KEY).header("x-api-key", KEY)] {
        assert_eq!(answered(everruns).await.0, 200);
    }
}

#[tokio::test]
async fn what_nobody_has_is_404_in_the_words_of_the_vendor_whose_key_is_sent() {
    let server = Server::start();
    let http = client();
    let unknown = || http.get(format!("{}/api/v1/nothing", server.url));
    let everruns = ["code", "detail", "error", "status", "title"].map(str::to_owned).to_vec();
    for key in ["evr_pat_x", "Bearer evr_ak_x"] {
        assert_eq!(answered(unknown().header("authorization", key)).await, (404, everruns.clone()), "{key}");
    }
    for key in ["Bearer capy_x", "Bearer tl_x", "Basic ZXZyXzp4"] {
        assert_eq!(answered(unknown().header("authorization", key)).await, (404, vec!["error".to_owned()]), "{key}");
    }
    let keys = unknown().header("authorization", "evr_pat_x").header("x-api-key", "x");
    assert_eq!(answered(keys).await.1, ["code", "message", "status", "success"]);
}
