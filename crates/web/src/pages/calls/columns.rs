//! What is told of each call, as far as the viewer wants it.

use std::time::Duration;

use axum::http::Uri;

use crate::facts::CallFacts;
use crate::figures::span;
use crate::list::{Cell, Column, Table, address, encoded};
use crate::zone::Zone;

type Tell = fn(&CallFacts, &Zone) -> Cell;

const COLUMNS: [(&str, Column, Tell); 11] = [
    ("time", Column::text("Time"), |call, zone| Cell::At(zone.second(call.occurred_at))),
    ("source", Column::text("Source"), |call, _| Cell::Text(call.source.clone())),
    ("direction", Column::text("Direction"), |call, _| Cell::text(call.direction.clone())),
    ("from", Column::text("From"), |call, _| Cell::text(call.from.clone())),
    ("to", Column::text("To"), |call, _| Cell::text(call.to.clone())),
    ("status", Column::text("Status"), |call, _| Cell::Text(call.status.replace('_', " "))),
    ("length", Column::number("Length"), |call, _| Cell::text(lasted(call.duration_ms))),
    ("agent", Column::text("Agent"), agent),
    ("account", Column::text("Account"), |call, _| Cell::text(call.account.clone())),
    ("placement", Column::text("Placement"), placement),
    ("id", Column::text("Call"), |call, _| Cell::Link {
        text: short(&call.provider_call_id),
        href: page(call),
    }),
];

/// The columns that are not shown, by name.
pub struct Hidden(Vec<&'static str>);

/// A column that can be shown or hidden.
pub struct Toggle {
    /// Its title.
    pub title: &'static str,
    /// Whether it is shown.
    pub is_shown: bool,
    /// Where it is the other way round.
    pub href: String,
}

impl Hidden {
    /// From an address, with an address that asks for the rest.
    pub fn of(query: &str) -> (Self, Uri) {
        let is_ours = |pair: &&str| pair.starts_with("hide=");
        let named = query
            .split('&')
            .filter(is_ours)
            .flat_map(|pair| pair.trim_start_matches("hide=").split([',', '.']));
        let known = |name: &str| {
            COLUMNS.iter().map(|(known, ..)| *known).find(|known| *known == name && *known != "id")
        };
        let hidden = named.filter_map(known).collect();
        let rest: Vec<&str> = query.split('&').filter(|pair| !is_ours(pair)).collect();
        let uri = format!("/?{}", rest.join("&")).parse().unwrap_or_else(|_| Uri::from_static("/"));
        (Self(hidden), uri)
    }

    /// As the address has it.
    pub fn text(&self) -> String {
        self.0.join(".")
    }

    /// An address of the same list that keeps the columns as they are.
    pub fn kept_in(&self, href: String) -> String {
        if self.0.is_empty() {
            return href;
        }
        let joint = if href.contains('?') { '&' } else { '?' };
        format!("{href}{joint}hide={}", encoded(&self.text()))
    }

    /// Each column with the address at which it is the other way round.
    pub fn toggles(&self, href: &str) -> Vec<Toggle> {
        let toggle = |(name, column): (&'static str, &Column)| {
            let is_shown = !self.0.contains(&name);
            let mut hidden = self.0.clone();
            if is_shown {
                hidden.push(name);
            } else {
                hidden.retain(|it| *it != name);
            }
            Toggle { title: column.title, is_shown, href: Self(hidden).kept_in(href.to_owned()) }
        };
        let can_hide = COLUMNS.iter().filter(|(name, ..)| *name != "id");
        can_hide.map(|(name, column, _)| toggle((name, column))).collect()
    }

    /// The calls.
    pub fn table(&self, calls: &[CallFacts], zone: &Zone) -> Table {
        let shown: Vec<_> = COLUMNS.iter().filter(|(name, ..)| !self.0.contains(name)).collect();
        let columns = shown.iter().map(|(_, column, _)| *column);
        let row = |call: &CallFacts| shown.iter().map(|(.., tell)| tell(call, zone)).collect();
        Table::new(columns, "No call fits.").with(calls, row)
    }
}

/// The page of a call.
pub fn page(call: &CallFacts) -> String {
    format!("/calls/{}/{}", encoded(&call.source), encoded(&call.provider_call_id))
}

/// How long it lasted.
pub fn lasted(ms: Option<i64>) -> Option<String> {
    let ms = u64::try_from(ms?).ok()?;
    Some(span(Duration::from_secs(ms / 1000)).replace(".0 s", " s").replace("0 ms", "0 s"))
}

/// An id as far as it tells calls apart at a glance.
fn short(id: &str) -> String {
    const LETTERS: usize = 16;
    if id.chars().count() <= LETTERS {
        return id.to_owned();
    }
    let begin: String = id.chars().take(LETTERS - 1).collect();
    format!("{begin}…")
}

fn agent(call: &CallFacts, _: &Zone) -> Cell {
    let Some(id) = &call.provider_agent_id else { return Cell::Nothing };
    let asked = [("source", Some(call.source.as_str())), ("agent", Some(id.as_str()))];
    Cell::link(call.agent.clone().unwrap_or_else(|| id.clone()), address("/calls", asked))
}

fn placement(call: &CallFacts, _: &Zone) -> Cell {
    Cell::Badge {
        class: call.placement.clone(),
        text: call.placement.clone(),
        title: call.reason.replace('_', " "),
    }
}
