//! Converts tools.

use domain::{
    Kept, Map,
    agent::{Tool, ToolKind},
    message::ToolResult,
};

use super::extras::{BUILTIN_TOOLS, get, put};
use crate::wire::{self, BuiltinTool, ClientSideTool, ToolDefinition};

/// The tools of a list of definitions, and the unknown server tools. A server tool in `own` stays unchanged, whatever
/// its definition contains, because its script is set natively.
pub fn defined(definitions: Vec<ToolDefinition>, own: &[Tool]) -> (Vec<Tool>, Vec<BuiltinTool>) {
    let (mut tools, mut unknown) = (Vec::new(), Vec::new());
    for definition in definitions {
        match definition {
            ToolDefinition::ClientSide(tool) => tools.push(of_client(tool)),
            ToolDefinition::Builtin(tool) => {
                match own.iter().find(|own| own.name == tool.name && own.kind != ToolKind::Client) {
                    Some(own) => tools.push(own.clone()),
                    None => unknown.push(tool),
                }
            }
        }
    }
    (tools, unknown)
}

/// Stores the definitions of unknown server tools.
pub fn keep_unknown(extras: &mut Map, unknown: &[BuiltinTool]) {
    put(extras, BUILTIN_TOOLS, Some(&unknown));
}

fn of_client(tool: ClientSideTool) -> Tool {
    let shown = Kept::of(&tool).expect("what goes over the wire has text for its keys");
    let mut extras: Map = shown.read().unwrap_or_default();
    ["name", "description", "parameters"].iter().for_each(|known| extras.remove(known));
    let ClientSideTool { name, description, parameters, .. } = tool;
    let (description, parameters) = (Some(description), Some(parameters));
    Tool { description, parameters, extras, ..Tool::new(name, ToolKind::Client) }
}

/// All tools, including the stored definitions.
pub fn shown(tools: &[Tool], extras: &Map) -> Vec<ToolDefinition> {
    let kept: Vec<BuiltinTool> = get(extras, BUILTIN_TOOLS).unwrap_or_default();
    tools.iter().map(definition).chain(kept.into_iter().map(ToolDefinition::Builtin)).collect()
}

fn definition(tool: &Tool) -> ToolDefinition {
    let tool = tool.clone().told();
    let description = tool.description.clone().unwrap_or_default();
    let parameters = tool.parameters.clone().unwrap_or_else(|| Map::new().into());
    let text = |name: &str| get(&tool.extras, name);
    let (name, display_name, category) = (tool.name.clone(), text("display_name"), text("category"));
    let (deferrable, hints) = (get(&tool.extras, "deferrable"), get(&tool.extras, "hints"));
    let full_parameters = tool.extras.get("full_parameters").cloned();
    match tool.kind {
        ToolKind::Client => ToolDefinition::ClientSide(ClientSideTool {
            name,
            description,
            parameters,
            display_name,
            category,
            deferrable,
            full_parameters,
            hints,
        }),
        ToolKind::Scripted | ToolKind::Http | ToolKind::BuiltIn | ToolKind::External => {
            ToolDefinition::Builtin(BuiltinTool {
                name,
                description,
                parameters,
                display_name,
                category,
                deferrable,
                full_parameters,
                hints,
                policy: None,
            })
        }
    }
}

/// Null beside an error is no result.
pub fn result(sent: wire::ClientToolResult) -> ToolResult {
    let wire::ClientToolResult { tool_call_id, result, error } = sent;
    let result = match &error {
        Some(_) => result,
        None => Some(result.unwrap_or_default()),
    };
    ToolResult { tool_call_id, result, error }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_clients_tool_reads_back_as_it_was_sent() {
        let sent = json!([
            {"type": "client_side", "name": "ask", "description": "Asks", "parameters": {"type": "object"},
             "display_name": "Ask", "category": "people", "deferrable": "never", "hints": {"readonly": true},
             "full_parameters": {"type": "object"}},
            {"type": "builtin", "name": "get_time", "description": "", "parameters": {}, "policy": "auto"},
        ]);
        let (tools, unknown) = defined(serde_json::from_value(sent.clone()).unwrap(), &[]);
        assert_eq!((tools.len(), tools[0].kind, unknown.len()), (1, ToolKind::Client, 1));
        let mut extras = Map::new();
        keep_unknown(&mut extras, &unknown);
        assert_eq!(serde_json::to_value(shown(&tools, &extras)).unwrap(), sent);
    }

    #[test]
    fn a_tool_of_the_servers_stays_as_it_is() {
        let own = Tool { result: Some(22.into()), ..Tool::new("weather", ToolKind::Scripted) };
        let again = shown(std::slice::from_ref(&own), &Map::new());
        let (tools, unknown) = defined(again, std::slice::from_ref(&own));
        assert_eq!((tools, unknown), (vec![own], vec![]));
    }
}
