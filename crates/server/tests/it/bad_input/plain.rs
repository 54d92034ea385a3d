//! Paths that no document tells of: of no dialect, or of none that there is.

use serde_json::Value;

use super::{in_schema_of, world::World};
use crate::process::KEY;

/// Method, path, the header of a key, the dialect that answers, and the status.
const ASKED: [(&str, &str, &str, &str, u16); 27] = [
    ("POST", "/healthz", "", "native", 405),
    ("POST", "/health", "", "native", 405),
    ("DELETE", "/readyz", "authorization", "native", 405),
    ("PUT", "/openapi/capy.json", "", "native", 405),
    ("GET", "/openapi/nobody.json", "", "native", 404),
    ("GET", "/openapi/../openapi/capy.json%00", "", "native", 404),
    ("DELETE", "/", "", "native", 405),
    ("GET", "/healthz/", "", "native", 404),
    ("GET", "/%2e%2e/%2e%2e/etc/passwd", "", "native", 404),
    ("GET", "//threadline/v1/threads", "authorization", "native", 404),
    ("GET", "/threadline/v1", "authorization", "native", 404),
    ("GET", "/threadline/v2/threads", "authorization", "native", 404),
    ("GET", "/threadline/v1/threads/", "authorization", "native", 404),
    ("GET", "/threadline/v1/%00", "", "native", 404),
    ("GET", "/api/v1", "authorization", "capy", 404),
    ("GET", "/api/v1/nothing", "authorization", "capy", 404),
    ("GET", "/api/v1/nothing", "x-api-key", "feather", 404),
    ("PUT", "/api/v1/projects", "authorization", "capy", 405),
    ("GET", "/api/v1/threads/x/nothing", "authorization", "capy", 404),
    ("GET", "/api/v1/threads/x/nothing", "x-api-key", "feather", 404),
    ("GET", "/api/v1/chat/nothing", "", "feather", 404),
    ("GET", "/api/v1/message/x/nothing", "authorization", "algoreg", 404),
    ("PUT", "/api/v1/customers", "authorization", "algoreg", 405),
    ("GET", "/v1/nothing", "authorization", "everruns", 404),
    ("GET", "/v1/sessions/x/nothing", "authorization", "everruns", 404),
    ("PUT", "/v1/sessions", "authorization", "everruns", 405),
    ("BREW", "/v1/sessions", "", "everruns", 405),
];

#[tokio::test]
async fn undocumented_paths_are_refused_in_the_schema_of_the_nearest_dialect() {
    let world = World::make().await;
    let before = world.observer.fingerprint();
    let mut wrong = Vec::new();
    for (method, path, header, dialect, status) in ASKED {
        let mut request = world.http.request(method.parse().unwrap(), format!("{}{path}", world.server.url));
        match header {
            "" => {}
            "authorization" => request = request.bearer_auth(KEY),
            name => request = request.header(name, KEY),
        }
        let answer = super::read(request.send().await.unwrap()).await.unwrap();
        let operation = world.operations[dialect].first().unwrap();
        let mut faults = in_schema_of(&world, dialect, operation, &answer);
        if answer.status != status || !answer.request_id {
            faults
                .push(format!("is answered with {}, request id {}: {}", answer.status, answer.request_id, answer.body));
        }
        wrong.extend(faults.into_iter().map(|fault| format!("{method} {path} {header}: {fault}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let last: Value = world.get("/healthz", ("x-any", "1".into())).await;
    assert_eq!(last["status"], "ok");
    assert_eq!(world.observer.fingerprint(), before);
}
