//! Tools: what an agent's model may call, and the side that runs a call.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Kept, Map, controls::words};

words! {
    /// The runner of a tool.
    ToolKind {
        /// The server, by the script in the agent.
        Scripted = "scripted",
        /// The client that follows the thread. The turn waits for the client's result.
        Client = "client",
        /// The server, by an HTTP request to an endpoint of the project.
        Http = "http",
        /// The server, by a tool of its own: a [`crate::built_in::BuiltIn`].
        BuiltIn = "built_in",
        /// The agent's own program, for calls of an external agent. No setting of an agent has it.
        External = "external",
    }
}

words! {
    /// The calls of a tool for which a person's yes is needed.
    Approval {
        Never = "never",
        /// Calls of turns that have read text of somebody who is not trusted.
        Untrusted = "untrusted",
        Always = "always",
    }
}

words! {
    /// The method of a tool's request.
    Method { Get = "GET", Post = "POST", Put = "PUT", Patch = "PATCH", Delete = "DELETE" }
}

impl Method {
    /// Tells whether the request has a body: the arguments that the URL does not place.
    pub fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

/// A tool for the agent's model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub kind: ToolKind,
    /// The description for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of the tool's arguments. The engine runs no call whose arguments do not fit it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Kept>,
    /// Further fields of the tool's definition (display, hints). Stored as sent, without effect.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extras: Map,
    /// The result of a scripted tool. Without `result` and `error`, the tool returns its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// The request of an HTTP tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
    /// Seconds in which a call that the server runs must end. Default: the limit's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// True if a repeated run does no harm. Otherwise a call that was interrupted by a crash ends as "outcome unknown".
    #[serde(default)]
    pub repeat_safe: bool,
}

/// The request of an HTTP tool. The model's arguments fill the places of the URL, and the body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    pub method: Method,
    /// An http or https URL. `{name}` is the place of an argument: a whole segment of the path, or a whole value of the
    /// query.
    pub url: String,
    /// Fixed headers by their names in lower case. The values are secrets, which are stored elsewhere: each is [`HIDDEN`]
    /// here, except in a change that sets it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The secret by which requests are signed: `whsec_` and base64. A secret as the headers' values are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_secret: Option<String>,
}

/// What is shown in place of a secret. Sent back, it keeps the secret.
pub const HIDDEN: &str = "***";

impl Tool {
    /// A tool with a name and a kind only.
    pub fn new(name: impl Into<String>, kind: ToolKind) -> Self {
        Self {
            name: name.into(),
            kind,
            description: None,
            parameters: None,
            extras: Map::new(),
            result: None,
            error: None,
            delay_ms: None,
            http: None,
            timeout_s: None,
            approval: None,
            repeat_safe: false,
        }
    }

    /// The origin of an HTTP tool's URL, to which its secrets belong: everything before the path.
    pub fn origin(&self) -> Option<&str> {
        let url = &self.http.as_ref()?.url;
        let begin = url.find("://")? + 3;
        let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |at| begin + at);
        Some(&url[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_belong_to_the_part_of_the_url_before_the_path() {
        let origin = |url: &str| {
            let http = Http { method: Method::Get, url: url.into(), headers: BTreeMap::new(), signing_secret: None };
            Tool { http: Some(http), ..Tool::new("look", ToolKind::Http) }.origin().map(str::to_owned)
        };
        assert_eq!(origin("https://a.example/b?c").as_deref(), Some("https://a.example"));
        assert_eq!(origin("https://a.example:8443?c").as_deref(), Some("https://a.example:8443"));
        assert_eq!(origin("https://a.example").as_deref(), Some("https://a.example"));
        assert_eq!(origin("a"), None);
    }
}
