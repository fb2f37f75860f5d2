//! Voice Insights' summaries (§2): the same calls, listed by another service.

use serde_json::{Value, json};

use crate::server::{Answer, Asked};
use crate::world::World;

use super::catalogue::Catalogue;
use super::dates;
use super::errors::error;
use super::list::encoded;
use super::query::Query;
use super::record::Renderer;
use super::settings::{Granularity, Insights};

const KEPT_MS: i64 = 30 * 86_400_000;

/// `GET /v1/Voice/Summaries`.
pub(super) fn summaries(
    world: &World,
    catalogue: &Catalogue,
    renderer: &Renderer<'_>,
    asked: &Asked,
) -> Answer {
    let settings = renderer.settings;
    match settings.insights {
        Insights::Open => {}
        Insights::Forbidden => {
            return error(settings.error_body, 403, 20003, "Advanced Features are not enabled");
        }
        Insights::Missing => return error(settings.error_body, 404, 20404, "Not found"),
    }
    let query = match Query::read(&asked.without_params(&times()), settings) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let bound = |name: &str| {
        let text = asked.param(name)?;
        dates::read(text, Granularity::Second).map(|(at, _)| at)
    };
    let from = bound("StartTime").unwrap_or(renderer.now - 4 * 3_600_000);
    let from = from.max(renderer.now - KEPT_MS);
    let to = bound("EndTime").unwrap_or(renderer.now);
    let all = catalogue.select(world, renderer, &query).map(|(_, entry)| entry);
    let mut all: Vec<_> =
        all.skip(settings.insights_lacks).filter(|it| from <= it.line.created).collect();
    all.retain(|it| it.line.created <= to);
    let start = query.page * query.page_size;
    let has_more = all.len() > start + query.page_size;
    let shown = all.into_iter().skip(start).take(query.page_size);
    let summaries: Vec<Value> = shown
        .map(|it| {
            let line = &it.line;
            let has_ended = line.has_ended(renderer.seen_at());
            json!({
                "call_sid": it.sid,
                "account_sid": renderer.account_sid,
                "call_state": renderer.status(line).replace('-', ""),
                "processing_state": if has_ended { "complete" } else { "partial" },
                "created_time": dates::iso(line.created),
                "start_time": renderer.started(line).map(dates::iso),
                "end_time": has_ended.then(|| dates::iso(line.ended)),
            })
        })
        .collect();
    let next = has_more.then(|| next_page(asked, query.page + 1));
    let meta = json!({
        "page": query.page,
        "page_size": query.page_size,
        "next_page_url": next,
        "key": "call_summaries",
    });
    Answer::json(200, json!({ "meta": meta, "call_summaries": summaries }).to_string())
}

/// They have another meaning here.
fn times() -> Vec<String> {
    vec!["StartTime".to_owned(), "EndTime".to_owned()]
}

/// Absolute, unlike those of the older API.
fn next_page(asked: &Asked, page: usize) -> String {
    let host = asked.header("host").unwrap_or("insights.twilio.com");
    let kept = asked.params.iter().filter(|(name, _)| name != "Page");
    let pairs: Vec<String> =
        kept.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    format!("http://{host}{}?{}&Page={page}", asked.path, pairs.join("&"))
}
