//! Whether a statement agrees with itself: what anybody can check without the database.

use super::{STATEMENT_FORMAT, StatedSource, Statement, assumptions, judge};

/// What in a statement contradicts itself, in sentences; none when it adds up.
pub fn contradictions(statement: &Statement) -> Vec<String> {
    let mut said = Vec::new();
    let Statement { format, from, to, calls, sources, verdict, because, .. } = statement;
    if *format != STATEMENT_FORMAT {
        let known = STATEMENT_FORMAT;
        said.push(format!("it is written in form {format}, and this program knows form {known}"));
    }
    if from >= to {
        said.push(format!("its period ends at {to}, before it begins at {from}"));
    }
    let sum: u64 = sources.iter().map(|source| source.calls).sum();
    if sum != *calls {
        said.push(format!("it says {calls} calls, and its sources have {sum}"));
    }
    said.extend(sources.iter().flat_map(|source| in_source(source, statement)));
    let (earned, reasons) = judge(sources);
    if earned != *verdict || reasons != *because {
        said.push(format!("it says {verdict:?}, and its numbers say {earned:?}"));
    }
    if assumptions(sources.iter().map(|source| source.provider)) != statement.assumptions {
        said.push("its assumptions are not those of its sources".to_owned());
    }
    said
}

fn in_source(source: &StatedSource, statement: &Statement) -> Vec<String> {
    let name = &source.source;
    let mut said = Vec::new();
    let sum: u64 = source.days.iter().map(|day| day.calls).sum();
    if sum != source.calls {
        said.push(format!("{name} says {} calls, and its days have {sum}", source.calls));
    }
    for day in &source.days {
        let sum: u64 = day.by_status.values().sum();
        if sum != day.calls {
            said.push(format!(
                "{name} says {} calls from {}, and lists {sum}",
                day.calls, day.from
            ));
        }
        if day.from < statement.from || day.from >= statement.to {
            said.push(format!("{name} lists {}, which lies outside of the period", day.from));
        }
    }
    if !source.days.is_sorted_by(|a, b| a.from < b.from) {
        said.push(format!("the days of {name} are not in order"));
    }
    let sum: u64 = source.ms_by_proof.values().sum();
    if sum != source.wanted_ms {
        let wanted = source.wanted_ms;
        said.push(format!("{name} speaks of {wanted} ms, and its proofs of {sum}"));
    }
    if source.compared_ms > source.wanted_ms {
        said.push(format!("{name} was compared for longer than it speaks of"));
    }
    let unproved = source.ms_by_proof.iter().any(|(proof, n)| !proof.is_proof() && *n > 0);
    if unproved == source.unproved.is_empty() {
        said.push(format!("{name} does not list the spans that its proofs say are not proved"));
    }
    said
}
