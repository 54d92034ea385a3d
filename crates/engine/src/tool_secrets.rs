//! The secrets of agents' HTTP tools: values of headers, and signing secrets.
//!
//! The settings of an agent have [`HIDDEN`] in their place. The secrets of all tools of an agent are sealed as one text,
//! with the origin that each tool's belong to, so that no change of a URL leads them elsewhere.

use std::collections::BTreeMap;

use domain::{
    AgentId, Error, ProjectId, Result, StoredSecret,
    agent::{Agent, Tool},
    tool::HIDDEN,
};
use serde::{Deserialize, Serialize};
use store::{Tx, secrets::Column};

use crate::{inner::Inner, sealing::Place};

/// The secrets of an agent's tools, by the names of the tools.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Secrets(BTreeMap<String, Secret>);

/// The secrets of a tool.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Secret {
    /// Scheme, host and port of the tool's URL.
    origin: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) signing: Option<String>,
}

impl Secrets {
    /// The tool's secrets. Empty if they belong to another origin.
    pub(crate) fn of(&self, tool: &Tool) -> Secret {
        let found = self.0.get(&tool.name).filter(|secret| tool.origin() == Some(&secret.origin));
        found.cloned().unwrap_or_default()
    }
}

/// Seals the secrets in the agent's settings, and hides them there. A hidden one stays as it was. `is_new`: the agent has
/// no secrets yet.
///
/// # Errors
/// `invalid` for a hidden secret that was never set, or was set for another origin. `conflict` without a sealing key.
pub(crate) async fn keep(tx: &mut Tx, inner: &Inner, agent: &mut Agent, is_new: bool) -> Result<()> {
    let (project, id) = (agent.project, agent.id);
    let has_any = agent.settings.tools.iter().any(|tool| tool.http.is_some());
    if is_new && !has_any {
        return Ok(());
    }
    let before = if is_new { Secrets::default() } else { find(tx, inner, project, id).await? };
    let mut after = Secrets::default();
    for (i, tool) in agent.settings.tools.iter_mut().enumerate() {
        let mut secret = before.of(tool);
        secret.origin = tool.origin().unwrap_or_default().to_owned();
        let Some(http) = &mut tool.http else { continue };
        secret.headers.retain(|name, _| http.headers.contains_key(name));
        for (name, value) in &mut http.headers {
            let known = secret.headers.contains_key(name);
            take(value, known, &format!("tools.{i}.http.headers"))?.map(|new| secret.headers.insert(name.clone(), new));
        }
        match &mut http.signing_secret {
            Some(value) => {
                let known = secret.signing.is_some();
                let new = take(value, known, &format!("tools.{i}.http.signing_secret"))?;
                secret.signing = new.or(secret.signing);
            }
            None => secret.signing = None,
        }
        if !secret.headers.is_empty() || secret.signing.is_some() {
            after.0.insert(tool.name.clone(), secret);
        }
    }
    if after == before {
        return Ok(());
    }
    let stored = match after.0.is_empty() {
        true => StoredSecret::new(""),
        false => {
            let text = serde_json::to_string(&after).map_err(Error::internal)?;
            inner.sealing.seal(&inner.clock, &place(project, id), &text)?
        }
    };
    store::tool_secrets::save(tx, project, id, &stored).await
}

/// Hides the value. Returns it if it is a new one.
fn take(value: &mut String, is_known: bool, path: &str) -> Result<Option<String>> {
    match (value.as_str() == HIDDEN, is_known) {
        (true, true) => Ok(None),
        (true, false) => {
            let message = format!("must be given anew: {HIDDEN} stands for a value that was set for this address");
            Err(Error::field(path, message))
        }
        (false, _) => Ok(Some(std::mem::replace(value, HIDDEN.into()))),
    }
}

/// The secrets of the agent's tools.
///
/// # Errors
/// `unavailable` with the code `secret_unreadable` if no sealing key opens them.
pub(crate) async fn find(tx: &mut Tx, inner: &Inner, project: ProjectId, agent: AgentId) -> Result<Secrets> {
    let Some(stored) = store::tool_secrets::find(tx, project, agent).await? else { return Ok(Secrets::default()) };
    let text = inner.sealing.open(&place(project, agent), &stored)?;
    serde_json::from_str(&text).map_err(|_| Error::internal(format!("tool_secrets.secrets of {agent} are no JSON")))
}

fn place(project: ProjectId, agent: AgentId) -> Place {
    Place { project, column: Column::ToolSecrets, row: agent.0 }
}
