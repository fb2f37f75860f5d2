//! The call log: a list and a lookup (§2.1, §2.2).

use std::mem;

use crate::faults::What;
use crate::server::{Answer, Asked};
use crate::world::World;

use super::catalogue::Catalogue;
use super::query::{CallQuery, Paging};
use super::record::Renderer;
use super::settings::{Settings, UnknownCall};
use crate::highlevel::errors::error;
use crate::highlevel::twist::Twist;

/// `GET /voice-ai/dashboard/call-logs`.
pub(super) fn list(
    world: &World,
    catalogue: &Catalogue,
    renderer: &Renderer<'_>,
    asked: &Asked,
    twists: &[What],
) -> Answer {
    let settings = renderer.settings;
    let understood = asked.without_params(&settings.ignored_parameters);
    let query = match CallQuery::read(&understood, settings) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let twist = Twist::of(twists, query.paging.page);
    let selection = catalogue.select(world, settings, &query, renderer.now);
    let page = Paging { page: twist.served, ..query.paging };
    let (start, end) = page.bounds(if twist.is_empty { 0 } else { selection.len() });
    let total = selection.len() as i64 + settings.total_lie + twist.total_plus;
    let Paging { page_size, .. } = page;

    let mut body = Vec::with_capacity((end - start) * 1400 + 100);
    let head = format!(
        r#"{{"total":{},"page":{},"pageSize":{page_size},"callLogs":["#,
        total.max(0),
        twist.echoed,
    );
    body.extend_from_slice(head.as_bytes());
    let mut separator: &[u8] = b"";
    for nth in twist.sent(end - start) {
        body.extend_from_slice(mem::replace(&mut separator, b","));
        catalogue.record(world, renderer, &selection, start + nth, |record| {
            twist.write(nth, record, &mut body);
        });
    }
    body.extend_from_slice(b"]}");
    Answer::json(200, body)
}

/// `GET /voice-ai/dashboard/call-logs/{callId}`.
pub(super) fn get(
    world: &World,
    catalogue: &Catalogue,
    renderer: &Renderer<'_>,
    id: &str,
    twists: &[What],
) -> Answer {
    let call = world.call(id).filter(|call| !call.is_deleted && call.listed_from() <= renderer.now);
    match call {
        Some(call) => {
            let mut body = Vec::new();
            let record = renderer.render(call, catalogue);
            Twist::of(twists, 1).write(0, &record, &mut body);
            Answer::json(200, body)
        }
        None => unknown(renderer.settings),
    }
}

fn unknown(settings: &Settings) -> Answer {
    match settings.unknown_call {
        UnknownCall::NotFound404 => error(404, "Call log not found"),
        UnknownCall::BadRequest400 => error(400, "Bad Request"),
    }
}
