//! The items of an answer that go back as the provider made them.

use domain::{Kept, Map};
use serde::Deserialize;

use crate::wire::calls::sendable;

/// The type of the items that are calls.
pub(super) const CALL: &str = "function_call";
/// The type of the items that are thinking.
pub(super) const REASONING: &str = "reasoning";

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

/// The type of an item. `None` if it has none.
pub(super) fn kind(item: &Kept) -> Option<String> {
    item.read::<Kind>().map(|kind| kind.kind)
}

/// The items, with these ids in place of the calls' own. `None` if the blocks are not items with as many calls.
pub(super) fn replayed(blocks: &[Kept], ids: &[String]) -> Option<Vec<Kept>> {
    let mut ids = ids.iter();
    let items: Vec<Kept> = blocks
        .iter()
        .map(|item| match kind(item)?.as_str() {
            CALL => renamed(item, ids.next()?),
            _ => Some(item.clone()),
        })
        .collect::<Option<_>>()?;
    ids.next().is_none().then_some(items)
}

/// The call with this id. Arguments that are no object go back as `{}`.
fn renamed(item: &Kept, id: &str) -> Option<Kept> {
    let mut call: Map = item.read()?;
    let text: String = call.get("arguments")?.read()?;
    let is_object = serde_json::from_str::<Kept>(&text).is_ok_and(|arguments| arguments.is_object());
    if !is_object {
        call.insert("arguments".into(), sendable(&Kept::null()).into());
    }
    call.insert("call_id".into(), id.into());
    Some(Kept::from(call))
}

/// The items that the provider takes back: none behind which an item is missing.
pub(super) fn returnable(mut items: Vec<Kept>) -> Vec<Kept> {
    while items.last().and_then(kind).as_deref() == Some(REASONING) {
        items.pop();
    }
    items
}
