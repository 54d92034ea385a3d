//! Names of tools in the alphabet that all providers read.
//!
//! An agent's tools have names of any characters. Providers take letters, digits, `_` and `-`, at most 64 of them, and one
//! of them takes no digit or `-` at the beginning. A name outside of this alphabet is replaced on the way out, and mapped
//! back on the way in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::agent::Tool;

/// Most characters of a name, in all of them ASCII.
const LENGTH_MAX: usize = 64;
/// The characters of `_` and the hash.
const HASH_LENGTH: usize = 9;

/// The names of a request's tools: our own, and the wire's.
#[derive(Clone, Debug)]
pub struct Names {
    wire_by_own: HashMap<String, String>,
    own_by_wire: HashMap<String, String>,
}

impl Names {
    /// The table of these tools. It depends only on the set of their names, not on the order.
    pub fn of(tools: &[Tool]) -> Self {
        let own: BTreeSet<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        let (plain, foreign): (Vec<&str>, Vec<&str>) = own.into_iter().partition(|name| is_plain(name));
        let mut table: BTreeMap<String, &str> = plain.into_iter().map(|name| (name.to_owned(), name)).collect();
        for name in foreign {
            let free = (0..).map(|again| replaced(name, again)).find(|wire| !table.contains_key(wire));
            table.extend(free.map(|wire| (wire, name)));
        }
        let pairs = || table.iter().map(|(wire, own)| (wire.clone(), (*own).to_owned()));
        Self { wire_by_own: pairs().map(|(wire, own)| (own, wire)).collect(), own_by_wire: pairs().collect() }
    }

    /// The wire's name of a tool. The name of a tool that the request lacks, as in an old call, is replaced by the same
    /// rule.
    pub fn wire(&self, own: &str) -> String {
        match self.wire_by_own.get(own) {
            Some(wire) => wire.clone(),
            None if is_plain(own) => own.to_owned(),
            None => replaced(own, 0),
        }
    }

    /// Our own name of a tool that the model calls. A name that the table lacks stays as it is.
    pub fn own<'n>(&'n self, wire: &'n str) -> &'n str {
        self.own_by_wire.get(wire).map_or(wire, String::as_str)
    }
}

/// The tools by their names, the first of equal names only, so that their order in a request is always the same.
pub fn sorted(tools: &[Tool]) -> impl Iterator<Item = &Tool> {
    let mut by_name = BTreeMap::new();
    for tool in tools {
        by_name.entry(tool.name.as_str()).or_insert(tool);
    }
    by_name.into_values()
}

fn is_plain(name: &str) -> bool {
    let begins_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins_well && name.len() <= LENGTH_MAX && name.chars().all(is_of_alphabet)
}

fn is_of_alphabet(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// The name with `_` for other characters, cut, with the hash of the whole name behind it. `again` tells the tries that
/// gave a name that is taken.
pub(crate) fn replaced(name: &str, again: u32) -> String {
    let mut wire: String = name.chars().map(|c| if is_of_alphabet(c) { c } else { '_' }).collect();
    if !wire.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        wire.insert(0, '_');
    }
    wire.truncate(LENGTH_MAX - HASH_LENGTH);
    let again = if again == 0 { String::new() } else { again.to_string() };
    format!("{wire}_{:08x}", hash(name.bytes().chain([0]).chain(again.bytes())))
}

/// FNV-1a with 32 bits, which is the same in every version of this program.
fn hash(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use domain::agent::ToolKind;

    use super::*;

    fn tools(names: &[&str]) -> Vec<Tool> {
        names.iter().map(|name| Tool::new(*name, ToolKind::Client)).collect()
    }

    #[test]
    fn a_name_of_the_alphabet_stays_as_it_is() {
        let longest = "a".repeat(64);
        for name in ["weather", "get-weather_2", "_", "Z", &longest] {
            let names = Names::of(&tools(&[name]));
            assert_eq!((names.wire(name).as_str(), names.own(name)), (name, name));
        }
    }

    #[test]
    fn any_other_name_goes_out_in_the_alphabet_and_comes_back() {
        let (long, wide) = ("x".repeat(65), "漢".repeat(40));
        let own = ["files.read", "files/read", "files read", "günther", "", "3d", "-", &long, &wide, "a\u{0}b"];
        let names = Names::of(&tools(&own));
        let wire: BTreeSet<String> = own.iter().map(|name| names.wire(name)).collect();
        assert_eq!(wire.len(), own.len(), "{wire:?}");
        for name in own {
            let wire = names.wire(name);
            assert!(is_plain(&wire), "{name:?} became {wire:?}");
            assert_eq!(names.own(&wire), name);
        }
    }

    #[test]
    fn the_replacement_is_the_same_in_every_request() {
        let wire = "files_read_748a5886";
        assert_eq!(Names::of(&tools(&["files.read"])).wire("files.read"), wire);
        assert_eq!(Names::of(&tools(&["z", "files.read", "files/read"])).wire("files.read"), wire);
        assert_eq!(Names::of(&[]).wire("files.read"), wire, "the tool is gone, and its calls remain");
    }

    #[test]
    fn a_replacement_that_another_tool_has_is_not_taken() {
        let taken = replaced("files.read", 0);
        let names = Names::of(&tools(&["files.read", &taken]));
        assert_eq!(names.wire(&taken), taken);
        assert_ne!(names.wire("files.read"), taken);
        assert_eq!(names.own(&names.wire("files.read")), "files.read");
        assert_eq!(names.own(&taken), taken);
    }

    #[test]
    fn a_name_that_the_model_made_up_passes() {
        assert_eq!(Names::of(&tools(&["files.read"])).own("files_read"), "files_read");
    }

    #[test]
    fn tools_are_in_the_order_of_their_names_once() {
        let many = tools(&["b", "a", "c", "a"]);
        let names: Vec<&str> = sorted(&many).map(|tool| tool.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }
}
