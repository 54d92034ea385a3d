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
                  "connected": false,
                  "context_tokens": 1000000,
                  "display_name": "Claude Opus 4.8",
                  "id": "<id 1>",
                  "images": true,
                  "input_tokens": 872000,
                  "name": "claude-opus-4-8",
                  "output_tokens": 128000,
                  "prices": [
                    {
                      "above_input_tokens": 0,
                      "cache_read_usd": "0.5",
                      "cache_write_usd": "6.25",
                      "input_usd": "5",
                      "output_usd": "25"
                    }
                  ],
                  "reasoning": ["off", "none", "on", "low", "medium", "high", "xhigh", "max"],
                  "speeds": ["default", "standard"],
                  "tools": true,
                  "vendor": "anthropic"
                },
                {
                  "connected": false,
                  "context_tokens": 1000000,
                  "display_name": "Claude Opus 4.7",
                  "id": "<id 2>",
                  "images": true,
                  "input_tokens": 872000,
                  "name": "claude-opus-4-7",
                  "output_tokens": 128000,
                  "prices": [
                    {
                      "above_input_tokens": 0,
                      "cache_read_usd": "0.5",
                      "cache_write_usd": "6.25",
                      "input_usd": "5",
                      "output_usd": "25"
                    }
                  ],
                  "reasoning": ["off", "none", "on", "low", "medium", "high", "xhigh", "max"],
                  "speeds": ["default", "standard"],
                  "tools": true,
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
                {
                  "default": 1048576,
                  "meaning": "JSON body of a request, and data of one event by which an endpoint answers a pushed turn",
                  "name": "body_bytes",
                  "value": 1048576
                },
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
