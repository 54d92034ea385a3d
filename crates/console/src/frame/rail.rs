//! The rail: the pages of the console, in groups.

use domain::caller::{Scope, Scopes};

/// The entry of the rail that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Inbox,
    Threads,
    Search,
    Agents,
    Dialects,
    Webhooks,
    Customers,
    Members,
    SavedReplies,
    Keys,
    Usage,
    Audit,
    System,
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

pub(super) const GROUPS: [Entries; 3] = [
    Entries(
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
            entry(
                Place::Search,
                "/console/search",
                "Search",
                Scope::Read,
                "M11.2 7a4.2 4.2 0 1 1-8.4 0 4.2 4.2 0 0 1 8.4 0zM10.2 10.2l3.3 3.3",
            ),
        ],
    ),
    Entries(
        Some("Build"),
        &[
            entry(
                Place::Agents,
                "/console/agents",
                "Agents",
                Scope::Read,
                "M8 2v2.5M3 4.5h10V12H3zM6 7.5v1.2M10 7.5v1.2M1.5 7.5v2M14.5 7.5v2M5.5 14h5",
            ),
            entry(
                Place::Dialects,
                "/console/dialects",
                "Dialects",
                Scope::Read,
                "M5.5 4 1.5 8l4 4M10.5 4l4 4-4 4M9 3 7 13",
            ),
            entry(
                Place::Webhooks,
                "/console/webhooks",
                "Webhooks",
                Scope::Admin,
                "M8 5.5a2.2 2.2 0 1 0-1.6-.7L4.2 9.2M9.6 4.8l2.2 4.4M5.7 11h4.6M5.7 11a2.2 2.2 0 1 1-4.4 0 2.2 2.2 0 0 1 4.4 0zM14.7 11a2.2 2.2 0 1 1-4.4 0 2.2 2.2 0 0 1 4.4 0z",
            ),
        ],
    ),
    Entries(
        Some("Project"),
        &[
            entry(
                Place::Customers,
                "/console/customers",
                "Customers",
                Scope::Read,
                "M10.5 5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM3 13.5c.5-2.7 2.4-4 5-4s4.5 1.3 5 4",
            ),
            entry(
                Place::Members,
                "/console/members",
                "Members",
                Scope::Read,
                "M8 5.5a2.2 2.2 0 1 1-4.4 0 2.2 2.2 0 0 1 4.4 0zM1.5 13c.3-2.4 1.8-3.5 4.3-3.5s4 1.1 4.3 3.5M10.5 3.5a2.2 2.2 0 0 1 0 4.2M12 9.8c1.5.4 2.3 1.5 2.5 3.2",
            ),
            entry(
                Place::SavedReplies,
                "/console/saved-replies",
                "Saved replies",
                Scope::Read,
                "M2 3h12v8H7.5L4.5 13.5V11H2zM5 6h6M5 8.2h4",
            ),
            entry(
                Place::Keys,
                "/console/keys",
                "Keys",
                Scope::Admin,
                "M7.5 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM6.6 7.9l6.4-5.4M10.5 4.6l2 2.2",
            ),
            entry(Place::Usage, "/console/usage", "Usage", Scope::Read, "M2.5 13.5h11M4 11V8M8 11V3M12 11V6"),
            entry(Place::Audit, "/console/audit", "Audit", Scope::Admin, "M3.5 2h7l2.5 2.5V14h-9.5zM6 7h4.5M6 10h4.5"),
            entry(
                Place::System,
                "/console/system",
                "System",
                Scope::Read,
                "M2.5 3h11v4.5h-11zM2.5 8.5h11V13h-11zM5 5.2h.5M5 10.8h.5",
            ),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_not_led_to_pages_that_only_administrators_open() {
        let shown = |scopes: &[Scope]| {
            let groups = open_to(Scopes::of(scopes));
            groups.iter().flat_map(|group| group.entries.iter().map(|entry| entry.text)).collect::<Vec<_>>()
        };
        let reader = shown(&[Scope::Read]);
        assert!(reader.contains(&"Agents") && !reader.contains(&"Keys") && !reader.contains(&"Webhooks"));
        assert!(shown(&[Scope::Read, Scope::Admin]).contains(&"Keys"));
        assert!(shown(&[]).is_empty());
    }
}
