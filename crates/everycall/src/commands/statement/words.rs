//! A statement in a few lines.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{StatedSource, Statement, StatementVerdict};

use crate::mistake::Exit;
use crate::output::{Style, count, duration};

/// What a statement says, for a person.
pub fn gist(statement: &Statement, style: Style) -> String {
    let Statement { account, from, to, made_at, calls, .. } = statement;
    let verdict = match statement.verdict {
        StatementVerdict::Complete => style.green("complete"),
        StatementVerdict::ProvedWithReservations => style.yellow("proved, with reservations"),
        StatementVerdict::NotProved => style.red("not proved"),
    };
    let mut lines = vec![
        format!("{}  {from} to {to}, as of {made_at}", style.bold(&account.name)),
        format!("  {} calls: {verdict}", count(*calls)),
    ];
    lines.extend(statement.because.iter().map(|why| format!("    {why}")));
    for source in &statement.sources {
        lines.push(String::new());
        lines.extend(of_source(source, style));
    }
    lines.push(String::new());
    lines.push("It rests on this:".to_owned());
    lines.extend(statement.assumptions.iter().map(|said| format!("  {said}")));
    lines.join("\n")
}

fn of_source(source: &StatedSource, style: Style) -> Vec<String> {
    let title = format!("{} · {}", style.bold(&source.source), source.provider.title());
    let proofs = source.ms_by_proof.iter().rev();
    let proofs: Vec<String> = proofs
        .map(|(proof, seconds)| {
            format!("{} {}", duration(Duration::from_millis(*seconds)), proof.title())
        })
        .collect();
    let compared = duration(Duration::from_millis(source.compared_ms));
    let mut lines = vec![
        format!("{title} {}", source.scope),
        format!("  calls     {} on {} days", count(source.calls), source.days.len()),
        format!("  proof     {}; {compared} compared", proofs.join(", ")),
    ];
    lines.extend(reasons("waiting", &source.waiting));
    lines.extend(reasons("excluded", &source.excluded));
    let runs = &source.runs;
    lines.push(format!(
        "  runs      {}, chain {}…",
        count(runs.count),
        &runs.chain[..16.min(runs.chain.len())]
    ));
    lines
}

fn reasons(what: &str, counts: &BTreeMap<String, u64>) -> Option<String> {
    let parts: Vec<String> =
        counts.iter().map(|(reason, calls)| format!("{} {reason}", count(*calls))).collect();
    (!parts.is_empty()).then(|| format!("  {what:<9} {}", parts.join(", ")))
}

/// How the program ends over a verdict.
pub fn exit(verdict: StatementVerdict) -> Exit {
    match verdict {
        StatementVerdict::Complete => Exit::Done,
        StatementVerdict::ProvedWithReservations | StatementVerdict::NotProved => Exit::Incomplete,
    }
}
