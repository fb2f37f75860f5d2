//! Who changed what, newest first.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use domain::access::Area;
use serde::Deserialize;
use serde_json::Value;

use super::PageRoute;
use crate::facts::{AuditEntry, AuditFacts};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::zone::{When, Zone};

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/audit", Area::Operators, show)]
}

/// Entries on one page.
const COUNT: usize = 100;

#[derive(Template)]
#[template(path = "pages/audit/page.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    older: Option<i64>,
    is_first: bool,
}

struct Line {
    at: When,
    entry: AuditEntry,
    detail: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    before: Option<i64>,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Html<String>, Failure> {
    let Query(Asked { before }) =
        asked.map_err(|error| Failure::Misasked { sentence: error.body_text() })?;
    let found = AuditFacts::load(&state, before, COUNT).await?;
    let frame =
        Frame::new(&state, &guest, "Audit log", "/audit").read_at(state.clock.now()).zone(&zone);
    html(&Page {
        frame,
        lines: found.entries.into_iter().map(|entry| Line::of(entry, &zone)).collect(),
        older: found.next,
        is_first: before.is_none(),
    })
}

impl Line {
    fn of(entry: AuditEntry, zone: &Zone) -> Self {
        let detail = match &entry.detail {
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| match value {
                    Value::String(text) => format!("{name}: {text}"),
                    other => format!("{name}: {other}"),
                };
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        Self { at: zone.second(entry.at), detail, entry }
    }
}
