//! Calls as a file: every one that a list would have, a page at a time.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use engine::sheet::Sheet;
use store::{CallFilter, CallRow, Scope};

use super::as_json;
use crate::mistake::Mistake;
use crate::output::instant;
use crate::wiring::Desk;

/// Calls read at once.
const PAGE: i64 = 5_000;

const COLUMNS: [&str; 17] = [
    "source",
    "providerCallId",
    "occurredAt",
    "durationSeconds",
    "direction",
    "status",
    "from",
    "to",
    "agent",
    "providerAgentId",
    "campaign",
    "account",
    "placement",
    "reason",
    "tags",
    "firstSeenAt",
    "changedAt",
];

/// What a file is made of.
enum Out {
    Csv(Box<Sheet<BufWriter<File>>>),
    Lines(BufWriter<File>),
}

/// Writes every call of this filter, newest first; of all sources one source after the other. Gives
/// how many.
pub async fn export(desk: &Desk, filter: CallFilter, path: &Path) -> Result<u64> {
    let mut out = Out::create(path)?;
    let sources = match filter.source {
        Some(source) => vec![source],
        None => desk.ctx.store.sources_list().await?.iter().map(|row| row.id).collect(),
    };
    let mut written = 0;
    for source in sources {
        let mut filter = CallFilter { source: Some(source), ..filter.clone() };
        loop {
            let calls = desk.ctx.store.calls_list(Scope::Operator, &filter, PAGE).await?;
            for call in &calls {
                out.write(call)?;
            }
            written += calls.len() as u64;
            match calls.last() {
                Some(last) if calls.len() as i64 >= PAGE => {
                    filter.after = Some((last.occurred_at, last.provider_call_id.clone()));
                }
                _ => break,
            }
        }
    }
    out.finish()?;
    Ok(written)
}

impl Out {
    fn create(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !["csv", "jsonl"].contains(&ending) {
            let sentence = format!("{} is neither .csv nor .jsonl", path.display());
            let hint = "Choose one of the two endings: it says what is written";
            return Err(Mistake::new(sentence, hint).into());
        }
        let file = File::create(path);
        let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(if ending == "csv" {
            Self::Csv(Box::new(Sheet::new(file, &COLUMNS)?))
        } else {
            Self::Lines(file)
        })
    }

    fn write(&mut self, call: &CallRow) -> Result<()> {
        match self {
            Self::Csv(sheet) => Ok(sheet.row(cells(call).iter().map(String::as_str))?),
            Self::Lines(out) => {
                serde_json::to_writer(&mut *out, &as_json(call))?;
                Ok(out.write_all(b"\n")?)
            }
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Csv(sheet) => Ok(sheet.finish()?),
            Self::Lines(mut out) => Ok(out.flush()?),
        }
    }
}

fn cells(call: &CallRow) -> [String; 17] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |e164: &Option<String>, raw| e164.clone().unwrap_or_else(|| text(raw));
    let seconds = call.duration_ms.map(|millis| (millis as f64 / 1000.0).to_string());
    [
        call.source.clone(),
        call.provider_call_id.clone(),
        instant(call.occurred_at),
        seconds.unwrap_or_default(),
        text(&call.direction),
        call.status.clone(),
        number(&call.from_e164, &call.from_raw),
        number(&call.to_e164, &call.to_raw),
        text(&call.agent),
        text(&call.provider_agent_id),
        text(&call.campaign),
        text(&call.account),
        call.placement.clone(),
        call.reason.clone(),
        call.tags.clone(),
        instant(call.first_seen_at),
        instant(call.changed_at),
    ]
}
