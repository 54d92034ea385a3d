//! Models, the harness, and what else the SDKs look up.

use domain::model::CATALOGUE;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Door;

#[tokio::test]
async fn every_model_is_found_with_its_provider() {
    let door = Door::open().await;
    let list = door.did(Method::GET, "/v1/models", Value::Null, 200).await;
    let models = list["data"].as_array().unwrap();
    assert_eq!(models.len(), CATALOGUE.len());
    for model in models {
        let path = format!("/api/v1/models/{}", model["id"].as_str().unwrap());
        assert_eq!(door.did(Method::GET, &path, Value::Null, 200).await, *model);
        let provider = format!("/v1/providers/{}", model["provider_id"].as_str().unwrap());
        assert_eq!(door.did(Method::GET, &provider, Value::Null, 200).await["name"], model["provider_name"]);
    }
    let count = async |query: &str| {
        let list = door.did(Method::GET, &format!("/v1/models?{query}"), Value::Null, 200).await;
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(count("source=predefined&include_stale=false").await, CATALOGUE.len());
    assert_eq!((count("source=manual").await, count("favorites_only=true").await), (0, 0));
    assert_eq!(door.did(Method::GET, "/v1/models/gpt-5.5", Value::Null, 400).await["code"], "invalid_id");
}

#[tokio::test]
async fn the_one_harness_has_three_names() {
    let door = Door::open().await;
    let list = door.did(Method::GET, "/api/v1/harnesses", Value::Null, 200).await;
    let harness = &list["data"][0];
    let vendors = "harness_01933b5a000070008000000000000602";
    for name in ["generic", harness["id"].as_str().unwrap(), vendors] {
        assert_eq!(door.did(Method::GET, &format!("/v1/harnesses/{name}"), Value::Null, 200).await, *harness);
    }
    for (path, mut body) in
        [("/v1/agents", json!({"name": "kind", "system_prompt": ""})), ("/v1/sessions", json!({"title": "x"}))]
    {
        body["harness_id"] = json!(vendors);
        assert_eq!(door.did(Method::POST, path, body, 201).await["harness_id"], harness["id"], "{path}");
    }
    assert_eq!(door.did(Method::GET, "/v1/harnesses?search=other", Value::Null, 200).await["data"], json!([]));
    for method in [Method::DELETE, Method::PATCH] {
        let model = format!("/v1/models/{}", CATALOGUE[0].id().prefixed("model_"));
        assert_eq!(door.call(method, &model, Some(&json!({}))).await.status, 405, "the catalogue is fixed");
    }
}
