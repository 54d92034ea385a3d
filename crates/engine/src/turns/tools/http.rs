//! Calls of HTTP tools: the tool's secrets, the proof of this server, and the request.

use std::{sync::Arc, time::Duration};

use domain::{agent::Tool, message::ToolCall, shares::Holder, turn::Turn};
use outward::header::{HeaderMap, HeaderName, HeaderValue};
use store::op;
use tools::{Failed, Output, http::Prepared};

use crate::{
    inner::Inner,
    secret::sha256,
    signing::Signed,
    tool_secrets::{self, Secret},
    validate::signing_key,
};

/// Sends the call's request, and reads the result. The memory of the result is reserved before.
pub(super) async fn call(
    inner: &Arc<Inner>,
    turn: &Turn,
    tool: &Tool,
    call: &ToolCall,
    longest: Duration,
) -> Result<Output, Failed> {
    let Some(http) = &tool.http else { return Err(Failed::Said("The tool has no request".into())) };
    let prepared = Prepared::of(http, &call.arguments).map_err(Failed::Said)?;
    let secret = secrets(inner, turn, tool).await?;
    let bytes_max = inner.limits.tool_result_bytes;
    let holder = Holder::project(turn.project).within(turn.agent.0.as_u128());
    let no_memory = |_| Failed::Said("The call did not run: the server has no free memory for its result now".into());
    let _memory = inner.memory.take(holder, bytes_max).map_err(no_memory)?;
    let headers = headers(inner, &key(turn, call), &prepared, &secret);
    prepared.send(&inner.tool_client, headers, longest, bytes_max).await
}

async fn secrets(inner: &Arc<Inner>, turn: &Turn, tool: &Tool) -> Result<Secret, Failed> {
    let (own, project, agent) = (inner.clone(), turn.project, turn.agent);
    let find = op(move |tx| Box::pin(async move { tool_secrets::find(tx, &own, project, agent).await }));
    match inner.store.read(find).await {
        Ok(secrets) => Ok(secrets.of(tool)),
        Err(error) => {
            tracing::error!(?error, %agent, tool = tool.name, "the secrets of a tool cannot be read");
            Err(Failed::Said("The call did not run: the tool's secrets cannot be read".into()))
        }
    }
}

/// The call's idempotency key, the same for each repetition. Ids of calls are the model's text, so they are hashed.
fn key(turn: &Turn, call: &ToolCall) -> String {
    format!("turn_{}_{}", turn.id.0.simple(), hex::encode(&sha256(call.id.as_bytes())[..16]))
}

/// The fixed headers, the idempotency key, and the signature. The signed content is the method and the target on a line,
/// and the body.
fn headers(inner: &Inner, key: &str, prepared: &Prepared, secret: &Secret) -> HeaderMap {
    let own = [("idempotency-key".to_owned(), key.to_owned())];
    let mut headers = HeaderMap::new();
    for (name, value) in secret.headers.clone().into_iter().chain(own) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if let Some(by) = secret.signing.as_deref().and_then(signing_key) {
        let content = format!("{} {}\n{}", prepared.method.as_str(), prepared.target(), prepared.body);
        let signed = Signed { id: key, at: inner.clock.now(), body: content.as_bytes() };
        headers.extend(signed.headers(Some(signed.by(&by))));
    }
    headers
}
