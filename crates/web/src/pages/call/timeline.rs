//! Everything that happened to a call, in the order in which it happened.

use domain::Timestamp;

use crate::facts::Story;
use crate::list::{Cell, Column, Table};
use crate::zone::Zone;

/// The timeline. Runs are for those who may see them.
pub fn of(story: &Story, sees_runs: bool, zone: &Zone) -> Table {
    let at = Timestamp::from_millis;
    let mut events: Vec<(Timestamp, Cell, String)> =
        vec![(at(story.row.occurred_at), Cell::Text("It happened".to_owned()), String::new())];
    for version in &story.versions {
        let what = if version.version == 1 {
            format!("First seen, by {}", version.seen_by)
        } else {
            format!("Seen with another content, by {}", version.seen_by)
        };
        let run = if sees_runs {
            Cell::link(what, format!("/runs/{}", version.run_id))
        } else {
            Cell::Text(what)
        };
        let bytes = version.raw.len();
        events.push((version.seen_at, run, format!("version {}, {bytes} bytes", version.version)));
    }
    for moved in story.moves.iter().flatten() {
        let from = moved.account_before.clone().unwrap_or_else(|| words(&moved.reason_before));
        let to = moved.account.clone().unwrap_or_else(|| words(&moved.reason));
        let what = Cell::Text(format!("Moved from {from} to {to}"));
        events.push((at(moved.moved_at), what, format!("{} {}", moved.changed_by, moved.what)));
    }
    events.sort_by_key(|(at, ..)| *at);
    let columns = [Column::text("Time"), Column::wide("What"), Column::wide("How")];
    Table::new(columns, "")
        .with(events, |(at, what, how)| vec![Cell::At(zone.second(at)), what, Cell::Text(how)])
}

fn words(reason: &str) -> String {
    reason.replace('_', " ")
}
