//! The assistant message that goes back as the provider made it.

use domain::{Kept, Map};

use crate::wire::calls::sendable;

/// The fields with the reasoning of a message.
const REASONING: [&str; 3] = ["reasoning_content", "reasoning", "reasoning_details"];

/// The message, with these ids in place of the calls' own. `None` if the blocks are not one message with as many calls.
///
/// `reasoning`: the reasoning of a message that has none, for providers that want one.
pub(super) fn replayed(blocks: &[Kept], ids: &[String], reasoning: Option<&str>) -> Option<Map> {
    let [block] = blocks else { return None };
    let mut message: Map = block.read()?;
    let calls: Vec<Map> = message.get("tool_calls").map_or(Some(Vec::new()), Kept::read)?;
    if calls.len() != ids.len() {
        return None;
    }
    if !calls.is_empty() {
        let calls: Vec<Map> = calls.into_iter().zip(ids).map(|(call, id)| renamed(call, id)).collect::<Option<_>>()?;
        message.insert("tool_calls".into(), Kept::of(&calls).ok()?);
    }
    let has_reasoning = REASONING.iter().any(|field| message.get(field).is_some());
    if let Some(reasoning) = reasoning.filter(|_| !has_reasoning) {
        message.insert("reasoning_content".into(), reasoning.into());
    }
    Some(message)
}

/// The call with this id. Arguments that are no object go back as `{}`.
fn renamed(mut call: Map, id: &str) -> Option<Map> {
    let mut function: Map = call.get("function")?.read()?;
    let text: String = function.get("arguments")?.read()?;
    let is_object = serde_json::from_str::<Kept>(&text).is_ok_and(|arguments| arguments.is_object());
    if !is_object {
        function.insert("arguments".into(), sendable(&Kept::null()).into());
    }
    call.insert("id".into(), id.into());
    call.insert("function".into(), Kept::from(function));
    Some(call)
}
