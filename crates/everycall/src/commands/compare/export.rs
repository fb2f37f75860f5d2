//! A comparison as files: the report, what is missing, what differs, and the run's own log.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use engine::compare::{CompareReport, DifferingCall, OneSided};
use engine::evidence::run_log;
use engine::sheet::Sheet;

use crate::draft::Draft;
use crate::wiring::Desk;

const ONE_SIDED: [&str; 11] = [
    "callId",
    "callDate",
    "status",
    "agentId",
    "agentStatus",
    "reason",
    "evidence",
    "nextStep",
    "fromNumber",
    "toNumber",
    "contactName",
];

/// Writes the files of a report into a folder, which is made if need be, all of them before the
/// first gets its place. Gives their names.
pub async fn export(desk: &Desk, report: &CompareReport, folder: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    // A source may be called anything; a file may not.
    let source = report.source.replace(|letter: char| !letter.is_alphanumeric(), "-");
    let name = |what: &str| format!("{source}-{}-{what}", report.sync_log_id);
    let names = ["report.json", "missing.csv", "extra.csv", "differences.csv", "run-log.json"];
    let names = names.map(name);
    let draft = |nth: usize| Draft::at(&folder.join(&names[nth]));
    let mut drafts = [draft(0)?, draft(1)?, draft(2)?, draft(3)?, draft(4)?];
    let [whole, missing, extra, differences, log] = &mut drafts;
    serde_json::to_writer_pretty(whole, report)?;
    one_sided(missing, &report.missing_calls)?;
    one_sided(extra, &report.extra_calls)?;
    differing(differences, &report.differing_calls)?;
    serde_json::to_writer_pretty(log, &run_log(&desk.ctx.store, report.sync_log_id).await?)?;
    drafts.into_iter().try_for_each(Draft::keep)?;
    Ok(names.to_vec())
}

fn one_sided(out: &mut Draft, calls: &[OneSided]) -> Result<()> {
    let mut sheet = Sheet::new(out, &ONE_SIDED)?;
    for call in calls {
        let date = call.call_date.to_string();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (agent, name) = (text(&call.agent_id), text(&call.contact_name));
        let (from, to) = (text(&call.from_number), text(&call.to_number));
        sheet.row([
            call.call_id.as_str(),
            &date,
            call.status,
            &agent,
            call.agent_status,
            call.reason,
            &call.evidence,
            call.next_step,
            &from,
            &to,
            &name,
        ])?;
    }
    Ok(sheet.finish()?)
}

fn differing(out: &mut Draft, calls: &[DifferingCall]) -> Result<()> {
    let mut sheet = Sheet::new(out, &["callId", "callDate", "field", "provider", "database"])?;
    for call in calls {
        let date = call.call_date.to_string();
        for told in &call.told {
            let provider = told.provider.as_deref().unwrap_or_default();
            let database = told.database.as_deref().unwrap_or_default();
            sheet.row([call.call_id.as_str(), &date, told.field, provider, database])?;
        }
    }
    Ok(sheet.finish()?)
}
