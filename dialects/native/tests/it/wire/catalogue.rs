//! The models and the limits of the installation. `people` holds both lists against the tables in `domain`.

use expect_test::expect;

use super::Wire;

#[tokio::test]
async fn models_are_listed() {
    let mut wire = Wire::start().await;
    wire.lists(
        "GET /models",
        "data",
        2,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {
              "display_name": "Claude Opus 4.8",
              "id": "<id 1>",
              "name": "claude-opus-4-8",
              "vendor": "anthropic"
            },
            {
              "display_name": "Claude Opus 4.7",
              "id": "<id 2>",
              "name": "claude-opus-4-7",
              "vendor": "anthropic"
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /models", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/problem+json
        www-authenticate: Bearer realm="threadline"

        {
          "code": "unauthorized",
          "detail": "Missing or invalid API key",
          "status": 401,
          "title": "Unauthorized",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}

#[tokio::test]
async fn limits_are_listed() {
    let mut wire = Wire::start().await;
    wire.lists(
        "GET /limits",
        "data",
        2,
        expect![[r#"
        200
        cache-control: no-store
        content-type: application/json

        {
          "data": [
            {"default": 1048576, "meaning": "JSON body of a request", "name": "body_bytes", "value": 1048576},
            {
              "default": 33554432,
              "meaning": "JSON body of a request that carries files as base64 (Algoreg and Everruns messages)",
              "name": "files_body_bytes",
              "value": 33554432
            }
          ],
          "next": null
        }
    "#]],
    )
    .await;
    let request = wire.bare("GET /limits", &[]);
    wire.answers(
        request,
        expect![[r#"
        401
        cache-control: no-store
        content-type: application/problem+json
        www-authenticate: Bearer realm="threadline"

        {
          "code": "unauthorized",
          "detail": "Missing or invalid API key",
          "status": 401,
          "title": "Unauthorized",
          "type": "about:blank"
        }
    "#]],
    )
    .await;
}
