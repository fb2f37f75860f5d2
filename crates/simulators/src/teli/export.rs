//! `GET /v1/voice/calls?format=json`: the whole result in one document, up to a cap.

use serde_json::{Value, json};

use crate::faults::{What, sent};
use crate::server::{Answer, Asked};

use super::answers::{error, success};
use super::catalogue::Catalogue;
use super::query::Query;
use super::record::{Scribe, USUAL_COLUMNS, exported};

/// The export. Without order, newest first, like the list.
pub(super) fn export(
    scribe: &Scribe<'_>,
    catalogue: &Catalogue,
    asked: &Asked,
    twists: &[What],
) -> Answer {
    let settings = scribe.settings;
    if !settings.has_export {
        return error(404, "Not Found");
    }
    if asked.param("format") != Some("json") {
        return error(400, "only json is simulated");
    }
    let understood = asked.without_params(&settings.ignored_parameters);
    let mut query = match Query::read(&understood, settings) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let most = if settings.export_honours_limit { query.limit } else { usize::MAX };
    (query.limit, query.skip) = (most.min(settings.export_rows_max + 1), 0);
    let omitted = settings.export_omitted_status;
    let (mut entries, _) = catalogue.select(scribe.world, settings, &query, omitted, scribe.now);
    let is_truncated = entries.len() > settings.export_rows_max;
    entries.truncate(settings.export_rows_max);
    let columns: Vec<&str> = asked.param("columns").unwrap_or(USUAL_COLUMNS).split(',').collect();
    let rows: Vec<Value> = sent(twists, entries.len())
        .into_iter()
        .map(|nth| {
            let entry = entries[nth];
            let call = &scribe.world.calls()[entry.call];
            exported(scribe, catalogue, entry, call, &columns)
        })
        .collect();
    let count = rows.len();
    let mut answer = success(json!({ "calls": rows, "count": count }));
    if is_truncated {
        answer.headers.push(("x-export-truncated", "true".to_owned()));
    }
    answer
}
