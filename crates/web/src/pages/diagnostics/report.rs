//! A kept comparison as its page shows it. People's numbers are not in it: no run keeps them.

use domain::Timestamp;
use serde_json::Value;

use crate::figures::Count;
use crate::list::{Cell, Column, Table, address, encoded};
use crate::zone::Zone;

/// What a comparison found.
pub struct Report {
    /// The account it was for.
    pub account: Option<String>,
    /// The other source, where it was not the provider, and how calls were paired, in a sentence.
    pub with: Option<String>,
    /// Its span, for people.
    pub span: String,
    /// Its span, for forms.
    pub from: String,
    /// The first instant after it.
    pub to: String,
    /// The numbers, with what they are called.
    pub cards: Vec<(&'static str, Count)>,
    /// How many are missing.
    pub missing_count: u64,
    /// Those of them nothing explains.
    pub unexplained: Count,
    /// How well the other side is proved.
    pub proof: String,
    /// Missing calls by cause.
    pub reasons: Vec<(String, Count)>,
    /// Calls only we have, by cause.
    pub extra_reasons: Vec<(String, Count)>,
    /// Agents whose calls belong to nobody.
    pub unassigned: Table,
    /// Missing calls.
    pub missing: Table,
    /// Calls both tell differently.
    pub differing: Table,
    /// What could not be proved.
    pub doubts: Vec<String>,
    /// What was repaired before it, in a sentence.
    pub repaired: Option<String>,
}

impl Report {
    /// From what is kept of it.
    pub fn of(kept: &Value, source: &str, zone: &Zone) -> Self {
        let summary = &kept["summary"];
        let number = |name: &str| Count(summary[name].as_u64().unwrap_or(0));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (from, to) = (text(&summary["dateRange"]["from"]), text(&summary["dateRange"]["to"]));
        let shown = |at: &str| {
            Timestamp::parse_human(at).map_or_else(|_| at.to_owned(), |at| zone.minute(at).text)
        };
        let is_source = kept["withSource"].is_object();
        let cards = [
            (if is_source { "at the other source" } else { "at the provider" }, "providerTotal"),
            ("here", "databaseTotal"),
            ("matching", "matching"),
            ("differing", "differing"),
            ("missing here", "missingInDatabase"),
            ("only here", "extraInDatabase"),
        ];
        Self {
            account: kept["account"].as_str().map(str::to_owned),
            with: with(kept),
            span: format!("{} to {}", shown(&from), shown(&to)),
            from,
            to,
            cards: cards.into_iter().map(|(title, name)| (title, number(name))).collect(),
            missing_count: number("missingInDatabase").0,
            unexplained: number("unexplained"),
            proof: text(&kept["proof"]["provider"]),
            reasons: reasons(&kept["reasonBreakdown"]),
            extra_reasons: reasons(&kept["extraBreakdown"]),
            unassigned: unassigned(kept, source),
            missing: missing(kept, zone),
            differing: differing(kept, source, zone),
            doubts: list(&kept["doubts"]).iter().map(text).collect(),
            repaired: repaired(&kept["repair"]),
        }
    }
}

fn with(kept: &Value) -> Option<String> {
    let name = kept["withSource"]["name"].as_str()?;
    let pairing = &kept["pairing"];
    let count = |name: &str| Count(pairing[name].as_u64().unwrap_or(0));
    Some(format!(
        "With {name}: {} calls are paired by their names, {} by numbers and time, of which {} could as well be others; {} are further legs, and {} lie where nobody has looked.",
        count("byId"),
        count("byNumber"),
        count("ambiguous"),
        count("legs"),
        count("couldNotLook"),
    ))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Causes with their numbers: what nothing explains first, then the most.
fn reasons(by: &Value) -> Vec<(String, Count)> {
    let pairs = by.as_object().into_iter().flatten();
    let mut all: Vec<(String, Count)> =
        pairs.map(|(name, n)| (name.clone(), Count(n.as_u64().unwrap_or(0)))).collect();
    all.sort_by_key(|(name, count)| (name != "unexplained", std::cmp::Reverse(*count)));
    all.into_iter().map(|(name, count)| (name.replace('_', " "), count)).collect()
}

fn unassigned(kept: &Value, source: &str) -> Table {
    let columns = [Column::text("Agent"), Column::number("Calls"), Column::text("What to do")];
    let row = |agent: &Value| {
        let id = agent["agentId"].as_str().unwrap_or_default().to_owned();
        let assign =
            [("source", Some(source)), ("what", Some("agent")), ("value", Some(id.as_str()))];
        let href = address("/assign", assign);
        let name = agent["name"].as_str().map(str::to_owned);
        let listed = agent["inSystem"].as_bool().unwrap_or(false);
        let note = if listed { id.clone() } else { format!("{id}, in no list of the provider") };
        vec![
            Cell::Text(name.unwrap_or_else(|| id.clone())).noting(note),
            Cell::Count(agent["callCount"].as_u64().unwrap_or(0)),
            Cell::link("Assign", href),
        ]
    };
    let agents = list(&kept["agentAnalysis"]["unassignedAgents"]);
    Table::new(columns, "Every agent is assigned.").with(agents, row)
}

fn missing(kept: &Value, zone: &Zone) -> Table {
    let columns = [
        Column::text("Time"),
        Column::text("Call"),
        Column::text("Status"),
        Column::text("Agent"),
        Column::text("Cause"),
        Column::wide("What shows it"),
        Column::wide("Next step"),
    ];
    let row = |call: &Value| {
        let text = |name: &str| call[name].as_str().map(str::to_owned);
        let reason = text("reason").unwrap_or_default();
        let class = if reason == "unexplained" { "failed" } else { "partial" };
        vec![
            at(&call["callDate"], zone),
            Cell::code(text("callId")),
            Cell::text(text("status").map(|status| status.replace('_', " "))),
            Cell::code(text("agentId")).noting(text("agentStatus").map(|it| it.replace('_', " "))),
            Cell::badge(class, reason.replace('_', " ")),
            Cell::text(text("evidence")),
            Cell::text(text("nextStep")),
        ]
    };
    Table::new(columns, "No call is missing.").with(list(&kept["missingCalls"]), row)
}

fn differing(kept: &Value, source: &str, zone: &Zone) -> Table {
    let columns = [
        Column::text("Time"),
        Column::text("Call"),
        Column::text("Field"),
        Column::wide("At the provider"),
        Column::wide("Here"),
    ];
    let mut table = Table::new(columns, "No call is told differently.");
    for call in list(&kept["differingCalls"]) {
        let id = call["callId"].as_str().unwrap_or_default();
        let href = format!("/calls/{}/{}", encoded(source), encoded(id));
        for told in list(&call["told"]) {
            let side = |name: &str| Cell::text(told[name].as_str().map(str::to_owned));
            table.rows.push(vec![
                at(&call["callDate"], zone),
                Cell::link(id, href.clone()),
                Cell::text(told["field"].as_str().map(str::to_owned)),
                side("provider"),
                side("database"),
            ]);
        }
    }
    table
}

fn at(value: &Value, zone: &Zone) -> Cell {
    let written = value.as_str().unwrap_or_default();
    match Timestamp::parse_human(written) {
        Ok(at) => Cell::At(zone.second(at)),
        Err(_) => Cell::Text(written.to_owned()),
    }
}

/// How it was before, where something was repaired in between.
fn repaired(repair: &Value) -> Option<String> {
    let missing = repair["before"]["summary"]["missingInDatabase"].as_u64()?;
    Some(format!(
        "Before the repair {} missing.",
        Count(missing).of_things("call was", "calls were")
    ))
}
