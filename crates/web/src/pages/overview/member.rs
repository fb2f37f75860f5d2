//! The first page of a member: their account's calls, how they went, and how well the days are proved
//! of the sources that have any. Of other accounts, and of what is the operators', it says nothing.

use askama::Template;
use axum::response::Html;
use domain::{AccountId, Timestamp};
use store::OfAccount;

use super::strip::{Month, months};
use crate::facts::{Own, SourceFacts, Standing, Status};
use crate::failure::Failure;
use crate::figures::{Count, age, day, share};
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::address;
use crate::zone::Zone;

/// A day's width in the picture, in tenths.
const STEP: usize = 10;

#[derive(Template)]
#[template(path = "pages/overview/member.html")]
struct Page {
    frame: Frame,
    account: String,
    calls: Count,
    is_whole: bool,
    proof: String,
    lately: Count,
    statuses: Vec<StatusLine>,
    sources: Vec<SourceLine>,
    /// The months below the last of them.
    months: Vec<Month>,
    legend: Vec<(&'static str, &'static str)>,
}

/// How some calls went.
struct StatusLine {
    name: String,
    count: Count,
    share: String,
    href: String,
}

/// A source that has calls of theirs.
struct SourceLine {
    name: String,
    href: String,
    calls: String,
    newest: String,
    read: String,
    sentence: String,
    cells: Vec<(usize, &'static str, String)>,
}

/// Shows it. `status` is of all sources; nothing of it is shown but how well days are proved.
pub fn show(
    state: &crate::State,
    (guest, zone): (&Guest, &Zone),
    account: AccountId,
    (own, status): (&Own, &Status),
) -> Result<Html<String>, Failure> {
    let Own { as_of, since, calls: own, statuses: went } = own;
    let name = |id: AccountId| {
        let accounts = guest.person()?.accounts.iter();
        accounts.clone().find(|(of, _)| *of == id).map(|(_, name)| name.clone())
    };
    let of = |row: &OfAccount| status.sources.iter().find(|source| source.name == row.name);
    let proofs: Vec<&SourceFacts> = own.iter().filter_map(of).collect();
    let lately: u64 = went.iter().map(|(_, calls)| calls).sum();
    // The list has the calls that were counted, and no others of that day.
    let from = since.to_string();
    html(&Page {
        frame: Frame::new(state, guest, "Overview", "/").read_at(*as_of).zone(zone),
        account: name(account).unwrap_or_default(),
        calls: Count(own.iter().map(|row| row.calls).sum()),
        is_whole: proofs.iter().all(|source| source.coverage.unproved_windows == 0),
        proof: proof(own, &proofs, *as_of),
        lately: Count(lately),
        statuses: went
            .iter()
            .map(|(status, calls)| StatusLine {
                href: address("/calls", [("status", Some(&**status)), ("from", Some(&*from))]),
                name: status.replace('_', " "),
                count: Count(*calls),
                share: share(*calls, lately),
            })
            .collect(),
        sources: own.iter().map(|row| line(row, of(row), *as_of)).collect(),
        months: proofs.last().map(|source| months(&source.coverage.days)).unwrap_or_default(),
        legend: legend(),
    })
}

fn proof(own: &[OfAccount], proofs: &[&SourceFacts], now: Timestamp) -> String {
    let until = proofs.iter().filter_map(|source| source.coverage.read_until).min();
    let (Some(first), Some(until)) = (own.iter().map(|row| row.oldest).min(), until) else {
        return "There is no call yet.".to_owned();
    };
    let ago = age(now.since(until));
    let open: u64 = proofs.iter().map(|source| source.coverage.unproved_windows).sum();
    match open {
        0 => format!("The first was on {}; everything is read up to {ago} ago.", day(first)),
        1 => {
            format!("Read up to {ago} ago. One window is not proved; the next run reads it again.")
        }
        many => format!(
            "Read up to {ago} ago. {} windows are not proved; the next run reads them again.",
            Count(many)
        ),
    }
}

fn line(row: &OfAccount, source: Option<&SourceFacts>, now: Timestamp) -> SourceLine {
    let days = source.map(|source| source.coverage.days.as_slice()).unwrap_or_default();
    let of_level = |level| days.iter().filter(|day| day.level == level).count();
    let parts: Vec<String> = Standing::ALL
        .into_iter()
        .filter(|level| of_level(*level) > 0)
        .map(|level| format!("{} {}", of_level(level), level.title()))
        .collect();
    let until = source.and_then(|source| source.coverage.read_until);
    SourceLine {
        href: address("/calls", [("source", Some(&*row.name))]),
        calls: Count(row.calls).of_things("call", "calls"),
        newest: format!("{} ago", age(now.since(row.newest))),
        read: until.map_or_else(
            || "not read yet".to_owned(),
            |at| format!("read up to {} ago", age(now.since(at))),
        ),
        sentence: format!("{}, last {} days: {}", row.name, days.len(), parts.join(", ")),
        // What else the ledger says of a day has numbers of everybody's calls in it.
        cells: days
            .iter()
            .enumerate()
            .map(|(at, one)| {
                let title = format!("{}: {}", day(one.from), one.level.title());
                (at * STEP + 1, one.level.class(), title)
            })
            .collect(),
        name: row.name.clone(),
    }
}

fn legend() -> Vec<(&'static str, &'static str)> {
    let shown = Standing::ALL.into_iter().filter(|level| *level != Standing::Outside);
    shown.map(|level| (level.class(), level.title())).collect()
}

impl SourceLine {
    /// How wide its picture is.
    fn width(&self) -> usize {
        self.cells.len() * STEP
    }
}
