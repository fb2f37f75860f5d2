//! The first page: is any call missing, which, why, and what to do, on one screen.

mod flow;
mod health;
mod member;
mod runs;
mod strip;
mod words;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use domain::access::Area;

use super::PageRoute;
use crate::facts::{Compared, Glance, Owns, RunFacts, SourceFacts, Status, WaitingFor};
use crate::failure::Failure;
use crate::figures::{Count, age, span};
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::address;
use crate::zone::Zone;
use flow::Flow;
use health::HealthCard;
use runs::RunLine;
pub use runs::{Part, parts};
use strip::{Legend, Strip};
use words::Words;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/", Area::Accounts, show)]
}

/// The first page.
#[derive(Template)]
#[template(path = "pages/overview/page.html")]
struct Page {
    frame: Frame,
    has_source: bool,
    has_run: bool,
    words: Words,
    health: HealthCard,
    troubles: Vec<TroubleLine>,
    flow: Flow,
    legend: Vec<Legend>,
    strips: Vec<Strip>,
    waiting: Vec<WaitingLine>,
    more_waiting: usize,
    new_today: Count,
    open: [(&'static str, Count); 3],
    compared: Vec<ComparedLine>,
    runs: Vec<RunLine>,
}

/// What only a person can mend of a source.
struct TroubleLine {
    source: String,
    what: String,
    since: String,
}

/// One group of waiting calls.
struct WaitingLine {
    calls: Count,
    who: String,
    source: Option<String>,
    why: String,
    reason: String,
    age: String,
    href: Option<String>,
}

/// What a comparison of a source found.
struct ComparedLine {
    source: String,
    href: String,
    age: String,
    words: String,
}

const RUNS: i64 = 5;
const WAITING: usize = 3;

/// Shows the first page.
async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Extension(glance): Extension<Glance>,
    Extension(owns): Extension<Owns>,
) -> Result<Html<String>, Failure> {
    let status = glance.status(&state).await?;
    // Members have a first page of their own, of nothing but what is theirs.
    if let Some(account) = guest.account() {
        let own = owns.of(&state, account).await?;
        return member::show(&state, (&guest, &zone), account, (&own, &status));
    }
    let runs = state.store.runs_list(None, RUNS).await?;
    let runs = runs.into_iter().map(|row| RunFacts::of(row, status.as_of)).collect();
    let frame = Frame::new(&state, &guest, "Overview", "/").read_at(status.as_of);
    html(&Page::new(frame, &status, runs))
}

impl Page {
    fn new(frame: Frame, status: &Status, runs: Vec<RunFacts>) -> Self {
        let mut waiting = waiting(status);
        let more_waiting = waiting.split_off(waiting.len().min(WAITING)).len();
        let sum = |of: fn(&SourceFacts) -> u64| Count(status.sources.iter().map(of).sum());
        Self {
            frame,
            has_source: !status.sources.is_empty(),
            has_run: !runs.is_empty(),
            words: Words::of(status),
            health: HealthCard::of(status),
            troubles: troubles(status),
            flow: Flow::of(&status.counts),
            legend: strip::legend(&status.sources),
            strips: status.sources.iter().map(|source| Strip::of(source, status.as_of)).collect(),
            waiting,
            more_waiting,
            new_today: sum(|source| source.new_today),
            open: [
                ("began within the last hour", sum(|source| source.open.within_hour)),
                ("within the last day", sum(|source| source.open.within_day)),
                ("longer ago, so hardly still under way", sum(|source| source.open.older)),
            ],
            compared: compared(status),
            runs: runs.into_iter().map(RunLine::from).collect(),
        }
    }
}

/// Each source that goes on only once a person has mended something.
fn troubles(status: &Status) -> Vec<TroubleLine> {
    let line = |source: &SourceFacts| {
        let trouble = source.needs_person.as_ref()?;
        let age = age(status.as_of.since(trouble.since));
        let runs = Count(trouble.runs).of_things("run", "runs");
        let since = format!("for {age}, met by {runs}");
        Some(TroubleLine { source: source.name.clone(), what: trouble.what.clone(), since })
    };
    status.sources.iter().filter_map(line).collect()
}

/// Where the calls of a group are assigned; none where assigning does not help them.
fn assigning(source: &str, group: &WaitingFor) -> Option<String> {
    use domain::WaitingReason as R;
    let what = match group.reason.parse().ok()? {
        R::AgentNotAssignedToUser | R::AgentNotInSystem => "agent",
        R::NoAgentIdInCall => "source",
        R::ContactNotFound | R::ContactAmbiguous | R::NoPhoneInCall => return None,
    };
    let value = group.provider_agent_id.as_deref();
    Some(address("/assign", [("source", Some(source)), ("what", Some(what)), ("value", value)]))
}

/// What comparisons found, the most unexplained first.
fn compared(status: &Status) -> Vec<ComparedLine> {
    let mut sources: Vec<_> = status.sources.iter().collect();
    sources.sort_by_key(|source| {
        std::cmp::Reverse(source.found().map(|(missing, unexplained)| (unexplained, missing)))
    });
    let lines = |source: &SourceFacts| {
        let line = |compared: &Compared, words| ComparedLine {
            source: source.name.clone(),
            href: format!("/runs/{}", compared.run),
            age: age(status.as_of.since(compared.at)),
            words,
        };
        let newest = source.compared_in_part.as_ref().map(|it| line(it, found_in_part(it)));
        let whole = source.compared.as_ref().map(|it| line(it, found(it)));
        newest.into_iter().chain(whole).collect::<Vec<_>>()
    };
    sources.into_iter().flat_map(lines).collect()
}

fn found(compared: &Compared) -> String {
    let (missing, unexplained) = (Count(compared.missing), Count(compared.unexplained));
    let length = span(compared.to.since(compared.from));
    format!("{missing} missing, {unexplained} unexplained in {length}")
}

/// Of what nobody looked at, no number is told.
fn found_in_part(compared: &Compared) -> String {
    match (compared.missing, compared.unexplained) {
        (0, 0) => "could not look at everything".to_owned(),
        _ => format!("could not look at everything; {}", found(compared)),
    }
}

/// What calls wait for, over all sources, most first.
fn waiting(status: &Status) -> Vec<WaitingLine> {
    let has_many = status.sources.len() > 1;
    let groups = status.sources.iter().flat_map(|source| {
        source.waiting_for.iter().map(move |group| (source.name.as_str(), group))
    });
    let line = |(source, group): (&str, &WaitingFor)| WaitingLine {
        calls: Count(group.calls),
        who: group.agent.clone().or_else(|| group.provider_agent_id.clone()).unwrap_or_default(),
        source: has_many.then(|| source.to_owned()),
        why: group.sentence.clone(),
        reason: group.reason.clone(),
        age: age(status.as_of.since(group.oldest)),
        href: assigning(source, group),
    };
    let mut lines: Vec<WaitingLine> = groups.map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.calls));
    lines
}
