//! What a comparison found, in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::compare::{
    CompareReport, Estimate, FileFound, ListTotals, OneSided, PairingFound, Repair,
};

use crate::output::{Style, count, duration, written};

/// Calls named one by one on a screen; `--json` names more.
const SHOWN: usize = 10;

/// What a comparison will cost, in a sentence.
pub fn foreseen(source: &str, estimate: &Estimate) -> String {
    let takes = match estimate.takes {
        Some(takes) => format!("about {}, as fast as the last time", duration(takes)),
        None => "nobody knows yet how long".to_owned(),
    };
    let windows = count(estimate.windows);
    let calls = count(estimate.calls);
    format!("{source}: {windows} windows to read, in which {calls} calls are held here: {takes}")
}

/// All of it.
pub fn text(report: &CompareReport, style: Style) -> String {
    written(|out| {
        if let Some(repair) = &report.repair {
            repaired(out, repair, style)?;
        }
        heading(out, report, style)?;
        sides(out, report, style)?;
        if let Some(file) = &report.file {
            of_file(out, file, style)?;
        }
        if let Some(pairing) = &report.pairing {
            paired(out, pairing)?;
        }
        let missing = match (&report.file, &report.with_source) {
            (Some(_), _) => "only in the file".to_owned(),
            (None, Some(other)) => format!("only at {}", other.name),
            (None, None) => "only at the provider".to_owned(),
        };
        causes(out, &missing, &report.reason_breakdown, &report.missing_calls, style)?;
        causes(out, "only here", &report.extra_breakdown, &report.extra_calls, style)?;
        differing(out, report, style)?;
        agents(out, report, style)?;
        report
            .doubts
            .iter()
            .try_for_each(|doubt| writeln!(out, "\n  {} {doubt}", style.yellow("!")))
    })
}

fn heading(out: &mut String, report: &CompareReport, style: Style) -> std::fmt::Result {
    let summary = &report.summary;
    let of = report.account.as_ref().map(|account| format!(" · {account}")).unwrap_or_default();
    let proved = match &report.file {
        Some(_) => format!("{} windows", summary.windows),
        None => format!("{} of {} windows proved", summary.windows_proved, summary.windows),
    };
    writeln!(
        out,
        "{}{of} · run {} · {} to {} · {proved} · {}\n",
        style.bold(&report.source),
        report.sync_log_id,
        summary.date_range.from,
        summary.date_range.to,
        duration(std::time::Duration::from_millis(report.duration_ms)),
    )?;
    let unexplained = format!("{} unexplained", count(summary.unexplained));
    let unexplained =
        if summary.unexplained == 0 { style.green(&unexplained) } else { style.red(&unexplained) };
    writeln!(out, "  {unexplained}")
}

/// What was repaired, and how it was before.
fn repaired(out: &mut String, repair: &Repair, style: Style) -> std::fmt::Result {
    let before = &repair.before;
    let (missing, differing) = (before.summary.missing_in_database, before.summary.differing);
    let (missing, differing) = (count(missing), count(differing));
    writeln!(
        out,
        "{} · run {}: {missing} missing here, {differing} told differently",
        style.bold("before"),
        before.sync_log_id
    )?;
    let (calls, windows) = (count(repair.calls_asked_for), count(repair.windows_read));
    let (new, updated) = repair
        .runs
        .iter()
        .fold((0, 0), |(new, updated), run| (new + run.new, updated + run.updated));
    writeln!(
        out,
        "{} · {calls} calls asked for by id, {windows} windows read: {} new, {} updated",
        style.bold("repaired"),
        count(new),
        count(updated)
    )?;
    for run in repair.runs.iter().filter(|run| run.error.is_some()) {
        let error = run.error.as_deref().unwrap_or_default();
        writeln!(out, "  {} {error}", style.yellow("!"))?;
    }
    for left in &repair.not_repaired {
        let (calls, reason) = (count(left.calls), style.yellow(left.reason));
        writeln!(out, "  {calls} {reason} not repaired: {}", left.why)?;
    }
    if repair.left > 0 {
        writeln!(out, "  {} windows are left to the next repair", count(repair.left))?;
    }
    writeln!(out, "{}", style.bold("after"))
}

/// What was read of a file, and what not.
fn of_file(out: &mut String, file: &FileFound, style: Style) -> std::fmt::Result {
    writeln!(out, "  {} rows of {} ({})", count(file.rows), file.name, file.kind)?;
    if !file.columns.is_empty() {
        writeln!(out, "  read as {}", file.columns)?;
    }
    if let Some(clock) = &file.clock {
        writeln!(out, "  its clock shows {clock}")?;
    }
    for (number, what, named) in [
        (file.unreadable, "rows are no calls", &file.unreadable_rows),
        (file.duplicates, "rows name a call again", &file.duplicate_ids),
    ] {
        if number > 0 {
            let first = named.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
            writeln!(out, "  {} {} {what}: {first}", style.yellow("!"), count(number))?;
        }
    }
    if file.outside_span > 0 {
        writeln!(out, "  {} calls lie outside of the span", count(file.outside_span))?;
    }
    Ok(())
}

/// How calls of two sides without shared ids were found to be one.
fn paired(out: &mut String, pairing: &PairingFound) -> std::fmt::Result {
    let (named, near) = (count(pairing.by_id), count(pairing.by_number));
    let far = pairing.tolerance_seconds;
    writeln!(
        out,
        "  {named} paired by the names they tell, {near} by numbers and times up to {far} s apart"
    )?;
    for (number, what) in [
        (pairing.ambiguous, "of these could as well be others: they look alike"),
        (pairing.legs, "are further legs of a conversation that the other side has as fewer calls"),
        (pairing.could_not_look, "more on the other side could not be looked for here"),
    ] {
        if number > 0 {
            writeln!(out, "  {} {what}", count(number))?;
        }
    }
    Ok(())
}

fn sides(out: &mut String, report: &CompareReport, style: Style) -> std::fmt::Result {
    let summary = &report.summary;
    let other = match (&report.file, &report.with_source) {
        (Some(_), _) => "file",
        (None, Some(other)) => other.name.as_str(),
        (None, None) => "provider",
    };
    if let Some(beside) = report.with_source.as_ref().filter(|_| !report.could_look()) {
        writeln!(
            out,
            "\n  could not look: `{}` and `{}` have proved no time both",
            report.source, beside.name
        )?;
        return writeln!(out, "  `everycall sync` reads what is missing");
    }
    if !report.could_look() {
        let unseen = count(summary.could_not_look);
        writeln!(out, "\n  provider  could not look: not one list of it was read")?;
        return writeln!(out, "  database  {unseen} are here, which nothing can be said of");
    }
    let both =
        format!("{} matching + {} differing", count(summary.matching), count(summary.differing));
    let width = count(summary.provider_total.max(summary.database_total)).len();
    let (there, here) = (count(summary.provider_total), count(summary.database_total));
    let (missing, extra) = (count(summary.missing_in_database), count(summary.extra_in_database));
    let named = other.chars().count().max("database".len());
    writeln!(out, "\n  {other:<named$}  {there:>width$} = {both} + {missing} missing here")?;
    writeln!(out, "  {:<named$}  {here:>width$} = {both} + {extra} only here", "database")?;
    if summary.could_not_look > 0 {
        let unseen = count(summary.could_not_look);
        writeln!(
            out,
            "  {unseen} more are here in windows that could not be read: could not look"
        )?;
    }
    if let (Some(others), Some(nobody)) = (summary.of_other_accounts, summary.of_no_account) {
        let (others, nobody) = (count(others), count(nobody));
        writeln!(
            out,
            "  {others} more at the provider belong to other accounts, {nobody} to nobody yet"
        )?;
    }
    totals(out, summary.list_totals, style)?;
    if report.balances() {
        writeln!(out, "  {} both sides add up", style.green("✓"))
    } else {
        writeln!(out, "  {} the sides do not add up; please report this run", style.red("✗"))
    }
}

/// The provider's own totals, where they contradict its lists.
fn totals(out: &mut String, told: Option<ListTotals>, style: Style) -> std::fmt::Result {
    let Some(totals) = told.filter(|totals| totals.disagreeing > 0) else { return Ok(()) };
    let (claimed, listed) = (count(totals.claimed), count(totals.listed));
    writeln!(
        out,
        "  {} the provider says there are {claimed} and lists {listed}: {} requests disagree",
        style.yellow("!"),
        count(totals.disagreeing)
    )
}

fn causes(
    out: &mut String,
    title: &str,
    breakdown: &BTreeMap<&'static str, u64>,
    calls: &[OneSided],
    style: Style,
) -> std::fmt::Result {
    for (cause, number) in breakdown {
        writeln!(out, "\n  {} {title}: {}", count(*number), style.yellow(cause))?;
        let of_cause = || calls.iter().filter(|call| call.reason == *cause);
        for call in of_cause().take(SHOWN) {
            let agent = call.agent_id.as_deref().unwrap_or("no agent");
            writeln!(out, "    {}  {}  {agent}", call.call_date, call.call_id)?;
            writeln!(out, "      {}", style.dim(&call.evidence))?;
        }
        if *number > SHOWN as u64 {
            writeln!(out, "    and {} more; --json names them", count(*number - SHOWN as u64))?;
        }
        if let Some(call) = of_cause().next() {
            writeln!(out, "    {}", call.next_step)?;
        }
    }
    Ok(())
}

fn differing(out: &mut String, report: &CompareReport, style: Style) -> std::fmt::Result {
    let number = report.summary.differing;
    if number == 0 {
        return Ok(());
    }
    writeln!(out, "\n  {} told differently:", count(number))?;
    for call in report.differing_calls.iter().take(SHOWN) {
        let fields = style.yellow(&call.fields.join(", "));
        writeln!(out, "    {}  {}  {fields}", call.call_date, call.call_id)?;
    }
    if number > SHOWN as u64 {
        writeln!(out, "    and {} more; --json names them", count(number - SHOWN as u64))?;
    }
    if report.with_source.is_some() {
        return Ok(());
    }
    writeln!(out, "    `--repair` brings what the provider says now")
}

fn agents(out: &mut String, report: &CompareReport, style: Style) -> std::fmt::Result {
    let agents = &report.agent_analysis;
    if agents.unassigned_agents.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  {} of {} agents in these calls are assigned to nobody:",
        count(agents.unassigned_agents.len()),
        count(agents.total_agents_in_calls)
    )?;
    let width = agents.unassigned_agents.first().map_or(0, |agent| count(agent.call_count).len());
    for agent in agents.unassigned_agents.iter().take(SHOWN) {
        let calls = count(agent.call_count);
        let name = agent.name.as_deref().unwrap_or(&agent.agent_id);
        let listed = if agent.in_system { "" } else { "  (not in the provider's list)" };
        writeln!(out, "    {calls:>width$}  {name}{}", style.dim(listed))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(told: Option<(u64, u64, u64)>, words: &str) {
        let told =
            told.map(|(claimed, listed, disagreeing)| ListTotals { claimed, listed, disagreeing });
        assert_eq!(written(|out| totals(out, told, Style::plain())), words);
    }

    #[test]
    fn a_total_that_contradicts_its_list_is_shown_with_both_numbers() {
        check(
            Some((1245, 1243, 2)),
            "  ! the provider says there are 1,245 and lists 1,243: 2 requests disagree\n",
        );
        check(Some((1245, 1245, 0)), "");
        check(None, "");
    }
}
