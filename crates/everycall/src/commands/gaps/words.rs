//! Gaps in sentences and in JSON, each with the command that repairs it.

use std::time::Duration;

use domain::WhyLacking;
use engine::gaps::{Gap, Gaps, What};
use serde_json::{Value, json};

use crate::commands::waiting::quoted;
use crate::output::{Style, count, duration};

/// Gaps shown of a source unless all are asked for.
const SHOWN: usize = 20;

/// All of them, newest first.
pub fn text(here: &str, source: &str, found: &Gaps, shows_all: bool, style: Style) -> String {
    let mut lines = vec![format!("{}: {}", style.bold(source), sum(found))];
    let shown = if shows_all { usize::MAX } else { SHOWN };
    for gap in found.gaps.iter().take(shown) {
        let length = style.dim(&duration(gap.window.length()));
        lines.push(format!("\n  {}  {length}", gap.window));
        lines.push(format!("  {}: {}", style.yellow(gap.what.title()), gap.sentence));
        lines.push(format!("  {}", style.command(&command(here, source, gap))));
    }
    if found.gaps.len() > shown {
        let more = count((found.gaps.len() - shown) as u64);
        lines.push(format!("\n  and {more} more; --all shows them"));
    }
    // What is too quiet is not repaired by reading it once more.
    if found.gaps.iter().any(|gap| !is_quiet(gap)) {
        let all = style.command(&format!("{here} gaps {} --repair", quoted(source)));
        lines.push(format!("\n  All of it at once: {all}"));
    }
    if found.hours_judged == 0 {
        let note = "Volume is not judged yet: that takes five weeks that are proved.";
        lines.push(format!("\n  {}", style.dim(note)));
    }
    lines.join("\n")
}

/// How many there are, and how much they are.
pub fn sum(found: &Gaps) -> String {
    let unproved = found.gaps.iter().filter(|gap| !is_quiet(gap) && !is_due(gap));
    let due = found.gaps.iter().filter(|gap| is_due(gap));
    let quiet = found.gaps.iter().filter(|gap| is_quiet(gap));
    let part = |gaps: Vec<&Gap>, what: &str| {
        let length: Duration = gaps.iter().map(|gap| gap.window.length()).sum();
        (!gaps.is_empty())
            .then(|| format!("{} {what} ({})", count(gaps.len() as u64), duration(length)))
    };
    let parts: Vec<String> = [
        part(unproved.collect(), "not proved"),
        part(due.collect(), "to be read again"),
        part(quiet.collect(), "unbelievably quiet"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() { "no gaps".to_owned() } else { parts.join(", ") }
}

fn is_quiet(gap: &Gap) -> bool {
    matches!(gap.what, What::Calls(_))
}

fn is_due(gap: &Gap) -> bool {
    gap.what == What::Proof(WhyLacking::Due)
}

/// The command that repairs it.
fn command(here: &str, source: &str, gap: &Gap) -> String {
    let source = quoted(source);
    let span = format!("--from {} --to {}", gap.window.from(), gap.window.to());
    match gap.what {
        What::Calls(_) => format!("{here} sync {source} {span}"),
        What::Proof(WhyLacking::Refused) => format!("{here} doctor {source}"),
        What::Proof(WhyLacking::UnderWay) => format!("{here} runs --source {source}"),
        What::Proof(_) => format!("{here} backfill {source} {span}"),
    }
}

/// A gap for programs.
pub fn as_json(here: &str, source: &str, gap: &Gap) -> Value {
    let volume = match gap.what {
        What::Calls(quiet) => json!({
            "calls": quiet.calls, "usual": quiet.usual, "weeks": quiet.weeks,
            "chance": quiet.chance,
        }),
        What::Proof(_) => Value::Null,
    };
    json!({
        "source": source, "from": gap.window.from(), "to": gap.window.to(),
        "seconds": gap.window.length().as_secs(), "cause": gap.what.as_str(),
        "sentence": gap.sentence, "run": gap.run, "checkedAt": gap.checked_at,
        "volume": volume, "command": command(here, source, gap),
    })
}

#[cfg(test)]
mod tests {
    use domain::{Quiet, Timestamp, Window};

    use super::*;

    fn gap(from: &str, to: &str, what: What, sentence: &str) -> Option<Gap> {
        let at = |text: &str| Timestamp::parse_human(text).ok();
        let window = Window::new(at(from)?, at(to)?).ok()?;
        let sentence = sentence.to_owned();
        Some(Gap { window, what, run: None, checked_at: None, sentence })
    }

    #[test]
    fn each_gap_has_its_cause_and_the_command_that_repairs_it() {
        let from = "2026-03-01T05:00:00Z";
        let quiet = |window| Quiet { window, calls: 0, usual: 43, weeks: 8, chance: 1e-9 };
        let gaps: Option<Vec<Gap>> = [
            gap(from, "2026-03-01T10:00:00Z", What::Proof(WhyLacking::Outage), "it is away"),
            gap("2026-02-28", from, What::Proof(WhyLacking::Due), "a day old"),
            gap("2026-02-27", "2026-02-28", What::Proof(WhyLacking::Refused), "not you"),
        ]
        .into_iter()
        .collect();
        let mut gaps = gaps.unwrap_or_default();
        let window = gaps[2].window;
        gaps.push(Gap { what: What::Calls(quiet(window)), ..gaps[2].clone() });
        let found = Gaps { gaps, hours_judged: 9, ..Gaps::default() };
        let expected = "my source: 2 not proved (29 h 0 min), 1 to be read again (29 h 0 min), 1 unbelievably quiet (24 h 0 min)

  2026-03-01T05:00:00Z to 2026-03-01T10:00:00Z  5 h 0 min
  unreachable: it is away
  everycall backfill 'my source' --from 2026-03-01T05:00:00Z --to 2026-03-01T10:00:00Z

  2026-02-28T00:00:00Z to 2026-03-01T05:00:00Z  29 h 0 min
  to be read again: a day old
  everycall backfill 'my source' --from 2026-02-28T00:00:00Z --to 2026-03-01T05:00:00Z

  2026-02-27T00:00:00Z to 2026-02-28T00:00:00Z  24 h 0 min
  refused: not you
  everycall doctor 'my source'

  2026-02-27T00:00:00Z to 2026-02-28T00:00:00Z  24 h 0 min
  too quiet: not you
  everycall sync 'my source' --from 2026-02-27T00:00:00Z --to 2026-02-28T00:00:00Z

  All of it at once: everycall gaps 'my source' --repair";
        assert_eq!(text("everycall", "my source", &found, false, Style::plain()), expected);
    }

    #[test]
    fn no_gap_is_said_and_so_is_that_nothing_is_judged_yet() {
        let found = Gaps { hours_judged: 9, ..Gaps::default() };
        assert_eq!(text("everycall", "main", &found, false, Style::plain()), "main: no gaps");
        let said = text("everycall", "main", &Gaps::default(), false, Style::plain());
        assert!(said.starts_with("main: no gaps\n\n  Volume is not judged yet"), "{said}");
    }
}
