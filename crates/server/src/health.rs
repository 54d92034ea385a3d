//! Health checks for supervisors and load balancers: whether the process lives, and whether it accepts requests.

use axum::{Json, Router, routing::get};
use dialect_kit::Fault;
use domain::Error;
use engine::App;
use serde_json::{Value, json};
use tokio::sync::watch;

/// `/healthz` answers while the process lives, and so does `/health`, the path of Everruns' clients. `/readyz` answers
/// 200 while the database answers, the data folder's disk can be read, and the server is not draining. Otherwise it
/// answers 503.
pub fn routes(app: App, draining: watch::Receiver<bool>) -> Router {
    let ready = move || {
        let (app, draining) = (app.clone(), draining.clone());
        async move {
            let draining = *draining.borrow();
            ready(&app, draining).await
        }
    };
    let lives = get(async || Json(json!({ "status": "ok" })));
    Router::new().route("/healthz", lives.clone()).route("/health", lives).route("/readyz", get(ready))
}

async fn ready(app: &App, draining: bool) -> Result<Json<Value>, Fault> {
    if draining {
        return Err(Error::unavailable("The server is shutting down").into());
    }
    app.ready().await?;
    Ok(Json(json!({ "status": "ready" })))
}
