//! One source: whether it is read, what opens its door, and what was learnt when it was examined.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::{ContactPolicy, Timestamp};
use engine::set_up::{Answers, SetUp};
use store::{ProbeRow, SetUpRow, SourceRow};

use super::{PATH, probes};
use crate::extract::Path;
use crate::facts::Health;
use crate::failure::Failure;
use crate::figures::age;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Table, address, encoded};
use crate::zone::Zone;

#[derive(Template)]
#[template(path = "pages/sources/one.html")]
struct Page {
    frame: Frame,
    name: String,
    lead: String,
    /// Where its forms lead.
    path: String,
    /// Who let it rest, and since when.
    rests: Option<String>,
    was_read: bool,
    /// What was said of it here: what, and how.
    said: Vec<(&'static str, String)>,
    credential: Credential,
    /// What went wrong just now.
    wrong: Option<String>,
    /// Whether a secret that was just tried may be used all the same.
    offers_anyway: bool,
    table: Table,
    /// How it goes: what, and how.
    health: Vec<(&'static str, String)>,
    files: Vec<(&'static str, String)>,
}

/// Where what opens its door is.
enum Credential {
    /// In the configuration.
    Configured,
    /// Here, sealed.
    Sealed {
        /// What it is.
        asks: &'static str,
        /// Where a person finds one.
        found: &'static str,
        /// When it was given, and by whom.
        since: String,
        /// Why it cannot be used here.
        trouble: Option<String>,
    },
    /// Nowhere any more.
    Absent,
}

/// What came of something that was just tried.
#[derive(Default)]
pub struct News {
    /// A sentence, where it went wrong.
    pub wrong: Option<String>,
    /// What the provider answered, where that is not what is kept.
    pub probes: Option<Vec<ProbeRow>>,
    /// Whether a secret that was just tried may be used all the same.
    pub offers_anyway: bool,
}

/// The source of this name.
pub async fn named(state: &crate::State, name: &str) -> Result<SourceRow, Failure> {
    let row = state.store.source_by_name(name).await?;
    row.ok_or(Failure::NotFound { what: "source" })
}

pub async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let row = named(&state, &name).await?;
    page(&state, (&guest, &zone), row, News::default()).await
}

/// The page, with what was just tried.
pub async fn page(
    state: &crate::State,
    (guest, zone): (&Guest, &Zone),
    row: SourceRow,
    news: News,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let set_up = state.store.set_up_get(row.id).await?;
    let set_up = set_up.ok_or(Failure::NotFound { what: "source" })?;
    let kept = match news.probes {
        Some(probes) => probes,
        None => state.store.probes_list(row.id).await?,
    };
    let rests = set_up.paused_at.map(|at| {
        let by = set_up.paused_by.as_deref().unwrap_or("somebody");
        format!("since {}, by {by}", zone.minute(Timestamp::from_millis(at)).text)
    });
    let lead = format!(
        "Reads {} ({}) since {}",
        row.provider.title(),
        row.scope,
        zone.minute(row.since).text
    );
    let of = [("source", Some(row.name.as_str()))];
    let files = vec![
        ("Its calls", address("/calls", of)),
        ("Its runs", address("/runs", of)),
        ("Its coverage", address("/coverage", of)),
        ("Its gaps", address("/gaps", of)),
    ];
    let wrong = news.wrong;
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: Frame::new(state, guest, row.name.clone(), PATH).read_at(now).zone(zone),
        path: format!("{PATH}/{}", encoded(&row.name)),
        lead,
        rests,
        was_read: state.store.run_latest(row.id).await?.is_some(),
        said: said(state, &row, &set_up, zone).await?,
        credential: credential(state, &row, &set_up, zone),
        wrong,
        offers_anyway: news.offers_anyway,
        health: health(state, &row, zone).await?,
        table: probes(kept, "It was not examined yet."),
        files,
        name: row.name,
    };
    Ok((status, html(&page)?).into_response())
}

/// How it goes, line by line.
async fn health(
    state: &crate::State,
    row: &SourceRow,
    zone: &Zone,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let now = state.clock.now();
    let asked = (engine::sync::LOOK_BACK, now - domain::LOOKED_BACK);
    let mut all = state.store.sources_health(asked, now).await?;
    let health = Health::of(&all.remove(&row.id).unwrap_or_default(), &(state.known)(row), now);
    let told = |at: Timestamp| format!("{} ({} ago)", zone.minute(at).text, age(now.since(at)));
    Ok(vec![
        ("Last read well", health.succeeded_at.map_or_else(|| "never".to_owned(), told)),
        ("Next run", health.next(now)),
        ("Calls are listed", health.lateness()),
        ("Requests", health.budget()),
        ("When numbers stand", health.settles()),
    ])
}

/// What was said of it here, line by line; nothing where it was set up elsewhere.
async fn said(
    state: &crate::State,
    source: &SourceRow,
    set_up: &SetUpRow,
    zone: &Zone,
) -> Result<Vec<(&'static str, String)>, Failure> {
    if set_up.said.is_none() || state.office.is_configured(source) {
        return Ok(Vec::new());
    }
    let answers = Answers::of(set_up)?;
    let SetUp { questions, optional, .. } = SetUp::of(source.provider);
    let own = questions
        .iter()
        .chain(optional)
        .filter_map(|question| Some((question.label(), answers.said.get(question.key)?.clone())));
    let every = |minutes: u32| format!("Every {minutes} minutes");
    let account = match answers.auto_assign {
        Some(id) => state.store.accounts_list().await?.into_iter().find(|row| row.id == id),
        None => None,
    };
    let common = [
        ("Since", zone.date(answers.since).to_string()),
        ("Read", answers.every_minutes.map_or_else(|| "as the others".to_owned(), every)),
        ("Country of numbers", answers.country.as_str().to_owned()),
        ("Contacts", answers.contacts.map_or("what suits it", ContactPolicy::as_str).to_owned()),
        ("New agents go to", account.map_or_else(|| "nobody".to_owned(), |row| row.name)),
    ];
    Ok(own.chain(common).collect())
}

fn credential(
    state: &crate::State,
    source: &SourceRow,
    set_up: &SetUpRow,
    zone: &Zone,
) -> Credential {
    if state.office.is_configured(source) {
        return Credential::Configured;
    }
    if set_up.said.is_none() {
        return Credential::Absent;
    }
    let asked = SetUp::of(source.provider).secret;
    let at = set_up.changed_at.map(|at| zone.minute(Timestamp::from_millis(at)).text);
    let by = set_up.changed_by.as_deref().unwrap_or("somebody");
    Credential::Sealed {
        asks: asked.asks,
        found: asked.found,
        since: format!("given {} by {by}", at.unwrap_or_default()),
        trouble: state.office.cannot_open(source, set_up),
    }
}
