//! The settings of a widget.

use expect_test::expect;

use super::{UNKNOWN, Visit};
use crate::chat::{SHOP, guest_id};

#[tokio::test]
async fn a_page_reads_the_settings_of_its_widget() {
    let mut visit = Visit::begin().await;
    let agent = guest_id(&visit.door).await.to_string();
    let request = visit.wire.bare("GET /chat/agents/{}/widget", &[&agent]).header("origin", SHOP);
    visit.wire.answers(request, expect![[r#"
        200
        access-control-allow-origin: https://shop.example
        access-control-expose-headers: x-request-id, retry-after, etag, accept-ranges, content-disposition, content-range, idempotent-replayed, x-threadline-ignored, x-threadline-quota
        cache-control: private, no-cache
        content-type: application/json
        etag: "<id 1>"
        vary: Origin

        {
          "agentId": "<id 2>",
          "assistantName": null,
          "colour": null,
          "features": {"ask": null, "contact": null, "files": null},
          "greeting": null,
          "greetingAfterSeconds": null,
          "limits": {"bodyBytes": 1048576, "tokenSeconds": 86400, "waitSeconds": 60},
          "position": "right",
          "texts": {},
          "title": null
        }
    "#]]).await;
    let request = visit.wire.bare("GET /chat/agents/{}/widget", &[UNKNOWN]).header("origin", SHOP);
    visit
        .wire
        .answers(
            request,
            expect![[r#"
        404
        cache-control: no-store
        content-type: application/json

        {"code": "NOT_FOUND", "message": "Agent not found", "status": 404, "success": false}
    "#]],
        )
        .await;
}
