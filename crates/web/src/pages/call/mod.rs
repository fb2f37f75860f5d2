//! One call: what was said, where it belongs and why, and everything that ever happened to it.

mod changes;
mod evidence;
mod timeline;
mod words;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use domain::access::Area;
use engine::view::extracted;

use super::PageRoute;
use super::calls::lasted;
use crate::extract::Path;
use crate::facts::Story;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guard;
use crate::guest::Guest;
use crate::list::{Cell, Column, Table, address, encoded};
use crate::zone::Zone;
use changes::Difference;
use words::Line;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/calls/{source}/{call}", Area::Accounts, show),
        // Runs and moves name other accounts.
        PageRoute::get("/calls/{source}/{call}/evidence.zip", Area::Operators, evidence::send),
    ]
}

#[derive(Template)]
#[template(path = "pages/call/page.html")]
struct Page {
    frame: Frame,
    status: String,
    lead: String,
    heard: Option<String>,
    placement: String,
    why: String,
    because: Option<String>,
    facts: Vec<(&'static str, Cell)>,
    recording: Option<String>,
    is_played: bool,
    summary: Option<String>,
    extracted: Vec<(String, String)>,
    words: Vec<Line>,
    was_read: bool,
    legs: Table,
    timeline: Table,
    changes: Vec<(i64, i64, Vec<Difference>)>,
    json: String,
    evidence: Option<String>,
}

/// Shows a call.
async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path((source, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let story = Story::load(&state, &guest, &source, id).await?;
    let page = Page::new(&state, &guest, &zone, now, &story);
    let policy = page.recording.as_deref().filter(|_| page.is_played).and_then(media_policy);
    let mut response = html(&page)?.into_response();
    if let Some(policy) = policy {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// What browsers may load for this page: also the recording, from where the provider keeps it.
fn media_policy(recording: &str) -> Option<HeaderValue> {
    let uri: Uri = recording.parse().ok()?;
    let host = uri.authority()?.as_str();
    HeaderValue::from_str(&format!("{}; media-src https://{host}", guard::POLICY)).ok()
}

impl Page {
    fn new(
        state: &crate::State,
        guest: &Guest,
        zone: &Zone,
        now: domain::Timestamp,
        story: &Story,
    ) -> Self {
        let row = &story.row;
        let told = story.told(state);
        let at = domain::Timestamp::from_millis(row.occurred_at);
        let title = format!("Call of {}", zone.minute(at).text);
        let length = lasted(row.duration_ms).map(|length| format!(", {length}"));
        let direction = row.direction.clone().unwrap_or_else(|| "call".to_owned());
        let lead = format!("{direction} through {}{}", row.source, length.unwrap_or_default());
        let heard = row.status_heard.as_deref().map(|word| word.replace('_', " "));
        let fields = told.as_ref().and_then(|call| extracted(call, row.account.as_deref()));
        let recording = told.as_ref().and_then(|call| call.recording.clone());
        let recording = recording.filter(|link| link.starts_with("https://"));
        let json =
            format!("/api/v1/calls/{}/{}", encoded(&row.source), encoded(&row.provider_call_id));
        let evidence = guest.may_see(Area::Operators).then(|| evidence::address(row));
        Self {
            frame: Frame::new(state, guest, title, "/calls").read_at(now).zone(zone),
            status: row.status.replace('_', " "),
            lead,
            heard,
            placement: row.placement.clone(),
            why: row.reason.replace('_', " "),
            because: story.because.clone().filter(|text| !text.is_empty()),
            facts: facts(row, zone),
            is_played: recording.as_deref().is_some_and(is_sound),
            recording,
            summary: told.as_ref().and_then(|call| call.summary.clone()),
            extracted: words::fields(fields.as_ref()),
            words: told
                .as_ref()
                .and_then(|call| call.transcript.as_deref())
                .map(words::lines)
                .unwrap_or_default(),
            was_read: told.is_some(),
            legs: legs(story, zone),
            timeline: timeline::of(story, guest.may_see(Area::Operators), zone),
            changes: changes::of(&story.versions),
            json,
            evidence,
        }
    }
}

/// Whether a browser can play what is behind this link: those who need a password are followed.
fn is_sound(link: &str) -> bool {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    [".mp3", ".wav", ".ogg", ".m4a", ".webm"].iter().any(|ending| path.ends_with(ending))
}

fn facts(row: &store::CallRow, zone: &Zone) -> Vec<(&'static str, Cell)> {
    let number = |e164: &Option<String>, raw: &Option<String>| match (e164, raw) {
        (Some(e164), Some(raw)) if e164 != raw => {
            Cell::Text(e164.clone()).noting(format!("written {raw}"))
        }
        (e164, raw) => Cell::text(e164.clone().or_else(|| raw.clone())),
    };
    let contact = row.provider_contact_id.clone();
    let at = domain::Timestamp::from_millis(row.occurred_at);
    let agent = row.provider_agent_id.as_ref().map(|id| {
        let asked = [("source", Some(row.source.as_str())), ("agent", Some(id.as_str()))];
        let name = row.agent.clone().unwrap_or_else(|| id.clone());
        Cell::link(name, address("/calls", asked)).noting(id.clone())
    });
    let all = [
        ("Time", Cell::At(zone.second(at)).noting(format!("written {}", row.occurred_text))),
        ("From", number(&row.from_e164, &row.from_raw)),
        ("To", number(&row.to_e164, &row.to_raw)),
        ("Agent", agent.unwrap_or(Cell::Nothing)),
        ("Account", Cell::text(row.account.clone())),
        ("Campaign", Cell::text(row.campaign.clone())),
        ("Contact at the provider", Cell::code(contact)),
        ("Tags", Cell::text(Some(row.tags.replace(' ', ", ")).filter(|tags| !tags.is_empty()))),
        ("Call", Cell::Code(row.provider_call_id.clone())),
        (
            "Source",
            Cell::link(
                row.source.clone(),
                address("/calls", [("source", Some(row.source.as_str()))]),
            ),
        ),
    ];
    all.into_iter().filter(|(_, cell)| *cell != Cell::Nothing).collect()
}

fn legs(story: &Story, zone: &Zone) -> Table {
    let columns = [
        Column::text("Time"),
        Column::text("Source"),
        Column::text("Status"),
        Column::number("Length"),
        Column::text("Call"),
    ];
    let row = |leg: &store::LegRow| {
        let href = format!("/calls/{}/{}", encoded(&leg.source), encoded(&leg.provider_call_id));
        vec![
            Cell::At(zone.second(domain::Timestamp::from_millis(leg.occurred_at))),
            Cell::Text(leg.source.clone()),
            Cell::Text(leg.status.replace('_', " ")),
            Cell::text(lasted(leg.duration_ms)),
            Cell::link(leg.provider_call_id.clone(), href),
        ]
    };
    Table::new(columns, "No other source saw this conversation.").with(&story.legs, row)
}
