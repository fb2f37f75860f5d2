//! A run for programs.

use domain::{RunId, Timestamp};
use serde_json::{Value, json};
use store::{LogLine, PageRow, RunRow, SkipRow, Store, StoreError};

/// All that is kept of a run; nothing where there is no such run.
pub async fn run_log(store: &Store, id: RunId) -> Result<Value, StoreError> {
    let Some(run) = store.run_get(id).await? else { return Ok(Value::Null) };
    let (log, pages) = (store.run_log(id).await?, store.run_pages(id).await?);
    Ok(run_log_as_json(&run, &log, &pages, &store.run_skips(id).await?))
}

/// A run with its log, its pages and the calls it could not place.
pub fn run_log_as_json(
    run: &RunRow,
    log: &[LogLine],
    pages: &[PageRow],
    skips: &[SkipRow],
) -> Value {
    let mut whole = run_as_json(run);
    let response = run.response.as_deref().and_then(|text| serde_json::from_str(text).ok());
    whole["response"] = response.unwrap_or_default();
    whole["logs"] = log
        .iter()
        .map(|line| {
            json!({
                "at": instant(line.at), "phase": line.phase, "level": line.level,
                "message": line.message, "duration_ms": line.duration_ms,
            })
        })
        .collect();
    whole["skippedCalls"] = skips
        .iter()
        .map(|skip| {
            json!({
                "providerCallId": skip.provider_call_id, "reason": skip.reason,
                "detail": skip.detail, "providerAgentId": skip.provider_agent_id,
                "occurredAt": skip.occurred_at.map(instant),
            })
        })
        .collect();
    whole["pages"] = pages
        .iter()
        .map(|page| {
            json!({
                "page": page.page, "from": instant(page.window_from), "to": instant(page.window_to),
                "listed": page.listed, "providerTotal": page.provider_total,
                "duration_ms": page.duration_ms,
            })
        })
        .collect();
    whole
}

/// A run as listed.
pub fn run_as_json(run: &RunRow) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    json!({
        "syncLogId": run.run_id, "source": run.source, "type": run.kind, "status": run.status,
        "success": run.status == "success",
        "startedAt": instant(run.started_at), "finishedAt": run.finished_at.map(instant),
        "totalFetched": run.listed, "new": run.new, "updated": run.updated,
        "unchanged": run.unchanged, "repeated": run.repeated, "setAside": run.set_aside,
        "errorCount": run.failed, "savedCount": run.new + run.updated, "waiting": run.waiting,
        "excluded": run.excluded, "skipReasons": parsed(&run.skip_reasons),
        "pagesFetched": run.pages, "windowsPlanned": run.windows_planned,
        "windowsProved": run.windows_proved, "error": run.error, "hint": run.hint,
        "parameters": parsed(&run.parameters),
    })
}

fn instant(millis: i64) -> String {
    Timestamp::from_millis(millis).to_string()
}
