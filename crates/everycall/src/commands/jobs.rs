//! `everycall jobs`: what was asked to be done, how far it is and what came of it.

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::{JobId, JobParameters};
use engine::jobs::{JobError, cancel};
use engine::sync::Progress;
use serde_json::{Value, json};
use store::JobRow;

use super::site::Site;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table, count, instant};

/// List what was asked to be done, newest first, or ask that something stops
///
/// Jobs are asked for in the dashboard, over the API and by schedules; `everycall serve` and
/// `everycall work` do them.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Jobs {
    #[command(subcommand)]
    command: Option<Command>,
    /// Of this source only
    #[arg(long)]
    source: Option<String>,
    /// How many
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=1000))]
    limit: i64,
    /// Print one JSON object per job
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Cancel(Cancel),
}

/// Ask that a job stops; what it has read until then is kept
#[derive(Debug, Args)]
struct Cancel {
    /// Its number
    job: i64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Lists them, or asks that one stops.
pub async fn run(site: &Site, arguments: Jobs) -> Result<Exit> {
    if let Some(Command::Cancel(arguments)) = arguments.command {
        return stop(site, arguments).await;
    }
    let desk = site.look().await?;
    let source = match &arguments.source {
        Some(name) => Some(desk.known(name).await?.id),
        None => None,
    };
    let now = desk.ctx.now();
    let rows = desk.ctx.store.jobs_list(source, None, arguments.limit, now).await?;
    if arguments.json {
        output::print_json_lines(rows.iter().map(as_json))?;
        return Ok(Exit::Done);
    }
    let style = Style::of_stdout();
    let mut table = Table::new(&[">job", "source", "what", "status", "asked", "by", "outcome"]);
    for row in rows {
        let what =
            if asked(&row).dry_run { format!("{}, dry", row.kind) } else { row.kind.clone() };
        table.row([
            row.job_id.to_string(),
            row.source.clone(),
            what,
            status(&row.status, style),
            instant(row.asked_at),
            row.asked_by.clone(),
            outcome(&row),
        ]);
    }
    output::print(&table.text_or("Nothing was asked to be done yet."))?;
    Ok(Exit::Done)
}

async fn stop(site: &Site, arguments: Cancel) -> Result<Exit> {
    let desk = site.look().await?;
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let row = cancel(store, JobId(arguments.job), &environment::user(), now).await;
    let row = row.map_err(|error| refusal(site, error))?;
    if arguments.json {
        output::print_json(&as_json(&row))?;
        return Ok(Exit::Done);
    }
    output::print(&match row.outcome {
        Some(outcome) => format!("Job {}: {outcome}.", row.job_id),
        None => format!("Job {} stops after the pages under way.", row.job_id),
    })?;
    Ok(Exit::Done)
}

/// What came of it, or how it stands.
fn outcome(row: &JobRow) -> String {
    if let Some(outcome) = &row.outcome {
        return outcome.clone();
    }
    if let Some(what) = &row.waits_for {
        return format!("waits for {what}");
    }
    if row.status == "waiting" {
        return "waits for a worker".to_owned();
    }
    let how_far = match row.progress.as_deref().and_then(|text| serde_json::from_str(text).ok()) {
        Some(Progress { listed, expected, windows_planned, windows_ended, .. }) => format!(
            "{} of {} calls, {windows_ended} of {windows_planned} windows",
            count(listed),
            count(expected.max(listed))
        ),
        None => "has begun".to_owned(),
    };
    let stops = if row.cancel_asked_at.is_some() { "; it is to stop" } else { "" };
    format!("{how_far}{stops}")
}

fn status(status: &str, style: Style) -> String {
    match status {
        "done" => style.green(status),
        "waiting" | "running" => style.yellow(status),
        "cancelled" => style.dim(status),
        _ => style.red(status),
    }
}

fn asked(row: &JobRow) -> JobParameters {
    serde_json::from_str(&row.parameters).unwrap_or_default()
}

fn as_json(row: &JobRow) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap_or(Value::Null);
    json!({
        "id": row.job_id, "source": row.source, "kind": row.kind, "status": row.status,
        "parameters": parsed(&row.parameters), "askedAt": instant(row.asked_at),
        "askedBy": row.asked_by, "schedule": row.schedule, "dueAt": row.due_at.map(instant),
        "waitsFor": row.waits_for, "startedAt": row.started_at.map(instant),
        "progress": row.progress.as_deref().map(parsed),
        "cancelAskedAt": row.cancel_asked_at.map(instant), "cancelAskedBy": row.cancel_asked_by,
        "endedAt": row.ended_at.map(instant), "outcome": row.outcome, "syncLogId": row.run_id,
        "report": row.report.as_deref().map(parsed),
    })
}

/// What to do about a job that cannot be stopped.
fn refusal(site: &Site, error: JobError) -> anyhow::Error {
    let sentence = error.to_string();
    match error {
        JobError::Store(error) => error.into(),
        _ => Mistake::missing(sentence, format!("`{} jobs` lists them", site.here())).into(),
    }
}
