//! How much room a thing takes.

use std::io;

use domain::event::Item;
use serde::Serialize;

/// The bytes of an item, as it is written.
pub(crate) fn bytes(item: &Item) -> usize {
    match item {
        Item::Delta(delta) => delta.text.len(),
        Item::Entry(entry) => {
            let said = entry.message.as_ref().map_or(0, |message| written(&message.body));
            written(&entry.event) + said
        }
    }
}

fn written(what: &impl Serialize) -> usize {
    let mut count = Count(0);
    // What cannot be written counts as far as it can.
    let _ = serde_json::to_writer(&mut count, what);
    count.0
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
