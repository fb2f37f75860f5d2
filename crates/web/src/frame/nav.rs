//! The navigation: every list there is, in groups, as far as whoever asks may see it.

use domain::access::Area;

use crate::guest::Guest;

/// Entries under one heading.
pub struct Group {
    /// The heading; none above the first.
    pub title: &'static str,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// One entry.
pub struct Entry {
    /// What it is called.
    pub title: &'static str,
    /// Where it is.
    pub path: &'static str,
    /// Whether the page that is shown belongs to it.
    pub is_here: bool,
}

type Line = (&'static str, &'static str, Area);

const ALL: [(&str, &[Line]); 6] = [
    ("", &[("Overview", "/", Area::Accounts), ("Charts", "/charts", Area::Operators)]),
    (
        "Calls",
        &[
            ("Calls", "/calls", Area::Accounts),
            ("Waiting", "/waiting", Area::Operators),
            ("Set aside", "/set-aside", Area::Operators),
        ],
    ),
    (
        "Proof",
        &[
            ("Coverage", "/coverage", Area::Operators),
            ("Gaps", "/gaps", Area::Operators),
            ("Diagnostics", "/diagnostics", Area::Operators),
            ("Statements", "/statements", Area::Accounts),
        ],
    ),
    (
        "Whose they are",
        &[
            ("Accounts", "/accounts", Area::Accounts),
            ("Agents", "/agents", Area::Operators),
            ("Contacts", "/contacts", Area::Accounts),
        ],
    ),
    (
        "How it runs",
        &[
            ("Sources", "/sources", Area::Operators),
            ("Runs", "/runs", Area::Operators),
            ("Jobs", "/jobs", Area::Operators),
            ("Schedules", "/schedules", Area::Operators),
            ("API", "/api", Area::Accounts),
            ("About", "/about", Area::Accounts),
        ],
    ),
    (
        "Who may come",
        &[
            ("Users", "/users", Area::Operators),
            ("Tokens", "/tokens", Area::Operators),
            ("Audit log", "/audit", Area::Operators),
        ],
    ),
];

/// What `guest` may see, where the page `here` is shown.
pub fn groups(guest: &Guest, here: &str) -> Vec<Group> {
    let group = |(title, lines): (&'static str, &[Line])| Group {
        title,
        entries: lines
            .iter()
            .filter(|(_, _, area)| guest.may_see(*area))
            .map(|&(title, path, _)| Entry { title, path, is_here: path == here })
            .collect(),
    };
    ALL.into_iter().map(group).filter(|group| !group.entries.is_empty()).collect()
}
