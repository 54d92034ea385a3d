//! The rail: the pages of the console, in groups.

use domain::caller::{Scope, Scopes};

/// The entry of the rail that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Inbox,
    Threads,
    Search,
    /// All entries as a page, for narrow screens.
    More,
    /// Without a rail.
    Outside,
}

/// Pages that stand together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Absent for the first.
    pub name: Option<&'static str>,
    pub entries: Vec<&'static Entry>,
}

/// A page of the rail.
#[derive(Debug)]
pub struct Entry {
    pub place: Place,
    pub href: &'static str,
    pub text: &'static str,
    /// The outline of its icon on 16 by 16.
    pub icon: &'static str,
    needs: Scope,
}

pub(super) struct Entries(Option<&'static str>, &'static [Entry]);

impl Entries {
    pub(super) fn has(&self, place: Place) -> bool {
        self.1.iter().any(|entry| entry.place == place)
    }
}

pub(super) fn open_to(scopes: Scopes) -> Vec<Group> {
    let open = |entries: &'static [Entry]| entries.iter().filter(|entry| scopes.has(entry.needs)).collect();
    let groups = GROUPS.iter().map(|Entries(name, entries)| Group { name: *name, entries: open(entries) });
    groups.filter(|group| !group.entries.is_empty()).collect()
}

const fn entry(place: Place, href: &'static str, text: &'static str, needs: Scope, icon: &'static str) -> Entry {
    Entry { place, href, text, icon, needs }
}

pub(super) const GROUPS: [Entries; 1] = [Entries(
    None,
    &[
        entry(
            Place::Inbox,
            "/console",
            "Inbox",
            Scope::Read,
            "M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5a2.5 2.5 0 0 0 5 0H14",
        ),
        entry(Place::Threads, "/console/threads", "Threads", Scope::Read, "M2.5 4h11M2.5 8h11M2.5 12h7"),
        // The field of the search has this id.
        entry(
            Place::Search,
            "/console/threads#q",
            "Search",
            Scope::Read,
            "M11.2 7a4.2 4.2 0 1 1-8.4 0 4.2 4.2 0 0 1 8.4 0zM10.2 10.2l3.3 3.3",
        ),
    ],
)];
