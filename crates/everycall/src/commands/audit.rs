//! `everycall audit`: everything at once, for whoever runs the organisation.

use anyhow::Result;
use clap::Args;
use domain::{RunStatus, Timestamp};
use engine::compare::{CompareOptions, CompareReport, compare};
use serde_json::json;
use store::{ContactUse, Scope};

use super::site::Site;
use super::sync::SpanAsked;
use crate::interrupt::Interrupt;
use crate::mistake::Exit;
use crate::output::{self, Style, Table, count};
use crate::wiring::Desk;

const STOPPING: &str = "Stopping; nothing was changed. Ctrl-C again to stop at once.";

/// Compare every source with its provider, and count contacts nobody has had a call with
///
/// Each source is compared over the last 30 days, or the span you name; a provider that cannot be
/// asked is said to be so, and is not taken as having no calls. Nothing is changed. Exit code 0:
/// nothing is missing and everything was read whole.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(flatten)]
    span: SpanAsked,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// Audits.
pub async fn run(site: &Site, arguments: Audit) -> Result<Exit> {
    let config = site.configuration()?;
    let time = crate::clock::clock(arguments.now);
    let window = arguments.span.window(time.now())?;
    let desk = Desk::open(config, arguments.now).await?;
    let interrupt = Interrupt::listen(STOPPING)?;
    let mut reports = Vec::new();
    for configured in desk.config.chosen(None)? {
        let source = desk.source(configured).await?;
        let options =
            CompareOptions { window, stop: interrupt.stop(), ..CompareOptions::default() };
        reports.push(compare(&desk.ctx, &source, options).await?);
        if interrupt.came() {
            return Ok(Exit::Stopped);
        }
    }
    let contacts = desk.ctx.store.contact_uses(Scope::Operator).await?;
    if arguments.json {
        output::tell_json(&as_json(&reports, &contacts));
    } else {
        output::tell(&text(&reports, &contacts, Style::of_stdout()));
    }
    desk.ctx.store.close().await;
    Ok(reports.iter().map(exit_of).max().unwrap_or(Exit::Done))
}

fn exit_of(report: &CompareReport) -> Exit {
    match report.status {
        RunStatus::Success if report.summary.missing_in_database == 0 => Exit::Done,
        RunStatus::Failed | RunStatus::InProgress => Exit::Failed,
        _ => Exit::Incomplete,
    }
}

fn as_json(reports: &[CompareReport], contacts: &[ContactUse]) -> serde_json::Value {
    let sources: Vec<_> = reports
        .iter()
        .map(|report| {
            json!({
                "source": report.source, "summary": report.summary, "proof": report.proof,
                "reasonBreakdown": report.reason_breakdown,
                "extraBreakdown": report.extra_breakdown, "status": report.status,
                "doubts": report.doubts, "syncLogId": report.sync_log_id,
            })
        })
        .collect();
    let contacts: Vec<_> = contacts
        .iter()
        .map(|used| {
            json!({
                "account": used.account, "contacts": used.contacts,
                "contactsWithoutCall": used.without_call,
            })
        })
        .collect();
    json!({ "sources": sources, "accounts": contacts })
}

fn text(reports: &[CompareReport], contacts: &[ContactUse], style: Style) -> String {
    let mut table = Table::new(&[
        "source",
        ">at the provider",
        ">here",
        ">missing here",
        ">only here",
        ">differing",
        ">unexplained",
        "read",
    ]);
    for report in reports {
        let summary = &report.summary;
        let numbers = [
            summary.provider_total,
            summary.database_total,
            summary.missing_in_database,
            summary.extra_in_database,
            summary.differing,
            summary.unexplained,
        ];
        // Nobody has counted where nobody could look.
        let could_look = report.could_look();
        let cells = numbers.map(|it| if could_look { count(it) } else { "?".to_owned() });
        let read = if could_look { report.proof.provider } else { "could not look" };
        let source = [report.source.clone()];
        table.row(source.into_iter().chain(cells).chain([read.to_owned()]));
    }
    let mut lines = vec![table.text_or("No source is configured.")];
    let doubts = reports.iter().flat_map(|report| {
        report
            .doubts
            .iter()
            .map(|doubt| format!("  {} {}: {doubt}", style.yellow("!"), report.source))
    });
    lines.extend(doubts);
    if !contacts.is_empty() {
        let mut table = Table::new(&["account", ">contacts", ">without any call"]);
        for used in contacts {
            table.row([used.account.clone(), count(used.contacts), count(used.without_call)]);
        }
        lines.extend([String::new(), table.text()]);
    }
    lines.join("\n")
}
