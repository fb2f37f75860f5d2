//! The waiting room: which calls wait, for what, and the command that helps.

use std::fmt::Write as _;

use domain::WaitingReason;
use store::WaitingGroup;

use crate::output::{Style, count, written};

/// Groups shown before the rest is summed up.
const GROUPS_MAX: usize = 8;

/// The calls of a source that wait, with what to do; nothing when none does.
pub fn text(here: &str, source: &str, groups: &[WaitingGroup], style: Style) -> String {
    let calls: i64 = groups.iter().map(|group| group.calls).sum();
    if calls == 0 {
        return String::new();
    }
    let width = count(groups.iter().map(|group| group.calls).max().unwrap_or(0)).len();
    written(|out| write(out, (here, source), groups, calls, width, style))
}

fn write(
    out: &mut String,
    (here, source): (&str, &str),
    groups: &[WaitingGroup],
    calls: i64,
    width: usize,
    style: Style,
) -> std::fmt::Result {
    writeln!(out, "\n  {} are stored and wait for an account:", style.yellow(&calls_text(calls)))?;
    for group in groups.iter().take(GROUPS_MAX) {
        let who = group.agent.as_ref().or(group.provider_agent_id.as_ref());
        let who = who.map_or(String::new(), |who| format!("  {who}"));
        writeln!(out, "    {:>width$}  {}{who}", count(group.calls), group.reason)?;
        let indent = " ".repeat(width + 6);
        writeln!(out, "{indent}{}", style.command(&command(here, source, group)))?;
    }
    let rest: i64 = groups.iter().skip(GROUPS_MAX).map(|group| group.calls).sum();
    if rest > 0 {
        writeln!(out, "    {:>width$}  for others; see `{here} agents {source}`", count(rest))?;
    }
    Ok(())
}

fn calls_text(calls: i64) -> String {
    if calls == 1 { "1 call".to_owned() } else { format!("{} calls", count(calls)) }
}

/// The command that helps a group of waiting calls.
pub fn command(here: &str, source: &str, group: &WaitingGroup) -> String {
    let agent = group.agent.as_ref().or(group.provider_agent_id.as_ref());
    match (group.reason.parse(), agent) {
        (Ok(WaitingReason::AgentNotAssignedToUser), Some(agent)) => {
            format!("{here} assign {} --account NAME", quoted(agent))
        }
        // Agents are fetched at the start of each run, so this one was deleted at the provider.
        (Ok(WaitingReason::AgentNotInSystem), Some(id)) => {
            format!("{here} assign {} --source {source} --account NAME", quoted(id))
        }
        _ => format!("{here} calls --source {source} --placement waiting"),
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:@%+=,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(reason: &str, id: Option<&str>, agent: Option<&str>, calls: i64) -> WaitingGroup {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let (provider_agent_id, agent) = (text(id), text(agent));
        WaitingGroup { reason: reason.to_owned(), provider_agent_id, agent, calls, oldest: 0 }
    }

    #[test]
    fn each_reason_has_the_command_that_helps() {
        let groups = [
            group("agent_not_assigned_to_user", Some("a1"), Some("Front Desk – ENG"), 1200),
            group("agent_not_in_system", Some("a9"), None, 30),
            group("no_agent_id_in_call", None, None, 4),
        ];
        let expected = "
  1,234 calls are stored and wait for an account:
    1,200  agent_not_assigned_to_user  Front Desk – ENG
           everycall assign 'Front Desk – ENG' --account NAME
       30  agent_not_in_system  a9
           everycall assign a9 --source main --account NAME
        4  no_agent_id_in_call
           everycall calls --source main --placement waiting
";
        assert_eq!(text("everycall", "main", &groups, Style::plain()), expected);
        assert_eq!(text("everycall", "main", &[], Style::plain()), "");
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        let written = ["Booking", "Agent – ENG", "O'Neill", ""].map(quoted);
        assert_eq!(written, ["Booking", "'Agent – ENG'", r"'O'\''Neill'", "''"]);
    }
}
