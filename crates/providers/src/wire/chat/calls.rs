//! The calls of an answer, assembled from their pieces.
//!
//! A piece belongs to a call by its index. Servers give every call the same index, none, one that shifts, or an id that
//! comes late or is the same for all calls. So the index counts where it differs, else the id, and else a new call
//! begins where a name arrives.

use domain::{Kept, Map, message::ToolCall};

use super::event::CallPiece;
use crate::{
    names::Names,
    wire::calls::{Ids, arguments},
};

/// The calls so far.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Calls {
    /// Adds a piece to its call, or begins a new one.
    pub fn add(&mut self, piece: &CallPiece) {
        let arguments = piece.function.arguments();
        let place = self.place(piece, &arguments).unwrap_or_else(|| {
            self.0.push(Call { index: piece.index, id: String::new(), name: String::new(), arguments: String::new() });
            self.0.len() - 1
        });
        let call = &mut self.0[place];
        if call.id.is_empty() {
            call.id.clone_from(&piece.id);
        }
        if call.name.is_empty() {
            call.name.clone_from(&piece.function.name);
        }
        call.arguments.push_str(&arguments);
    }

    /// The place of the call that the piece continues. `None` if it begins a new one.
    fn place(&self, piece: &CallPiece, arguments: &str) -> Option<usize> {
        let last = self.0.len().checked_sub(1)?;
        let is_of_id = |call: &Call| !piece.id.is_empty() && call.id == piece.id;
        let by_id = self.0.iter().rposition(is_of_id);
        let by_index = piece.index.and_then(|index| self.0.iter().rposition(|call| call.index == Some(index)));
        let found = match by_index {
            // Calls with one index are told apart by their ids.
            Some(place) => by_id.filter(|other| self.0[*other].index == piece.index).unwrap_or(place),
            None if piece.index.is_none() => by_id.unwrap_or(last),
            // A new index. Without a name it belongs to a call that began with another one.
            None if !piece.function.name.is_empty() => return None,
            None => by_id.or(piece.id.is_empty().then_some(last))?,
        };
        Some(found).filter(|place| self.0[*place].is_continued_by(piece, arguments))
    }

    /// Tells whether there is no call.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|call| call.name.is_empty())
    }

    /// The complete calls with our own names, and the same calls as the provider reads them again. A call without a
    /// name never began.
    pub fn complete(self, mut ids: Ids, names: &Names) -> (Vec<ToolCall>, Vec<Kept>) {
        let named = self.0.into_iter().filter(|call| !call.name.is_empty());
        let both = named.map(|call| {
            let id = ids.next(Some(&call.id));
            let block = Kept::from(call.block(&id));
            (ToolCall { id, name: names.own(&call.name).to_owned(), arguments: arguments(&call.arguments) }, block)
        });
        both.unzip()
    }
}

impl Call {
    /// Tells whether the piece belongs to this call. Some servers repeat the name in each piece.
    fn is_continued_by(&self, piece: &CallPiece, arguments: &str) -> bool {
        let name = &piece.function.name;
        let is_same = !piece.id.is_empty() && piece.id == self.id;
        let is_other = !piece.id.is_empty() && !self.id.is_empty() && piece.id != self.id;
        match () {
            () if name.is_empty() || self.name.is_empty() => true,
            () if is_other || *name != self.name => false,
            () if is_same && arguments.is_empty() => true,
            () => serde_json::from_str::<Kept>(&self.arguments).is_err(),
        }
    }

    fn block(&self, id: &str) -> Map {
        let text = if self.arguments.trim().is_empty() { "{}" } else { &self.arguments };
        let function = Map::from_iter([field("name", self.name.as_str()), field("arguments", text)]);
        Map::from_iter([field("id", id), field("type", "function"), field("function", function)])
    }
}

fn field(name: &str, value: impl Into<Kept>) -> (String, Kept) {
    (name.to_owned(), value.into())
}
