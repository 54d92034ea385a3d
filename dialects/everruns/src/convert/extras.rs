//! Extras of agents and sessions: settings without effect, by the contract's names.

use domain::{Kept, Map};
use serde::{Serialize, de::DeserializeOwned};

use crate::wire;

/// The extras that agents and sessions share.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    pub capabilities: Option<Vec<wire::AgentCapabilityConfig>>,
    pub initial_files: Option<Vec<wire::InitialFile>>,
    pub parallel_tool_calls: Option<bool>,
    pub mcp_servers: Option<Map<wire::McpServer>>,
    pub network_access: Option<wire::NetworkAccessList>,
}

const CAPABILITIES: &str = "capabilities";
const INITIAL_FILES: &str = "initial_files";
const PARALLEL_TOOL_CALLS: &str = "parallel_tool_calls";
const MCP_SERVERS: &str = "mcpServers";
const NETWORK_ACCESS: &str = "network_access";
/// Definitions of server tools that the server does not have.
pub const BUILTIN_TOOLS: &str = "builtin_tools";
pub const AGENT_IDENTITY: &str = "agent_identity_id";
pub const PINNED: &str = "is_pinned";
pub const WORKSPACE: &str = "workspace_id";

impl Extras {
    pub fn read(extras: &Map) -> Self {
        Self {
            capabilities: get(extras, CAPABILITIES),
            initial_files: get(extras, INITIAL_FILES),
            parallel_tool_calls: get(extras, PARALLEL_TOOL_CALLS),
            mcp_servers: get(extras, MCP_SERVERS),
            network_access: get(extras, NETWORK_ACCESS),
        }
    }

    /// Sets the given extras, and keeps the others.
    pub fn write(&self, extras: &mut Map) {
        put(extras, CAPABILITIES, self.capabilities.as_ref());
        put(extras, INITIAL_FILES, self.initial_files.as_ref());
        put(extras, PARALLEL_TOOL_CALLS, self.parallel_tool_calls.as_ref());
        put(extras, MCP_SERVERS, self.mcp_servers.as_ref());
        match &self.network_access {
            // Without hosts, nothing is restricted.
            Some(list) if *list == wire::NetworkAccessList::default() => extras.remove(NETWORK_ACCESS),
            list => put(extras, NETWORK_ACCESS, list.as_ref()),
        }
    }
}

/// Sets `name`. An empty list or object counts as none.
pub fn put<T: Serialize>(extras: &mut Map, name: &str, value: Option<&T>) {
    let Some(value) = value else { return };
    let value = Kept::of(value).expect("what goes over the wire has text for its keys");
    match matches!(value.text(), "[]" | "{}") {
        true => extras.remove(name),
        false => extras.insert(name.into(), value),
    };
}

pub fn get<T: DeserializeOwned>(extras: &Map, name: &str) -> Option<T> {
    extras.get(name).and_then(Kept::read)
}
