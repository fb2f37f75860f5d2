//! The waiting room: which calls wait, for what, and the command that helps.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use domain::WaitingReason;
use serde_json::{Value, json};
use store::{Scope, WaitingGroup};

use super::site::Site;
use crate::mistake::Exit;
use crate::output::{self, Style, count, instant, written};

/// Show which calls wait for an account, since when, and the command that places them
#[derive(Debug, Args)]
pub struct Waiting {
    /// Which source [default: all]
    source: Option<String>,
    /// Print one JSON object per reason and agent
    #[arg(long)]
    json: bool,
}

/// Shows them.
pub async fn run(site: &Site, arguments: Waiting) -> Result<Exit> {
    let desk = site.look().await?;
    let (here, style) = (site.here(), Style::of_stdout());
    let mut texts = Vec::new();
    for source in desk.known_or_all(arguments.source.as_deref()).await? {
        let groups = desk.ctx.store.waiting_groups(Scope::Operator, source.id).await?;
        if arguments.json {
            let command = |group| command(&here, &source.name, group);
            let rows = groups.iter().map(|group| as_json(&source.name, group, &command(group)));
            output::print_json_lines(rows)?;
        } else if !groups.is_empty() {
            texts.push(room(&here, &source.name, &groups, style));
        }
    }
    if !arguments.json {
        let nobody = "No call waits: each is placed with an account, or excluded on purpose.";
        let text = if texts.is_empty() { nobody.to_owned() } else { texts.join("\n\n") };
        output::print(&text)?;
    }
    Ok(Exit::Done)
}

fn as_json(source: &str, group: &WaitingGroup, command: &str) -> Value {
    json!({
        "source": source, "reason": group.reason, "sentence": sentence(group),
        "agent": group.agent, "providerAgentId": group.provider_agent_id,
        "calls": group.calls, "oldestAt": instant(group.oldest), "command": command,
    })
}

/// Every group of a source, with a sentence each.
fn room(here: &str, source: &str, groups: &[WaitingGroup], style: Style) -> String {
    let calls: i64 = groups.iter().map(|group| group.calls).sum();
    let verb = if calls == 1 { "waits" } else { "wait" };
    let mut lines = vec![format!("{}: {} {verb}", style.bold(source), calls_text(calls))];
    for group in groups {
        let since = style.dim(&format!("{}, since {}", group.reason, instant(group.oldest)));
        lines.push(format!("\n  {}", sentence(group)));
        lines.push(format!("  {since}"));
        lines.push(format!("  {}", style.command(&command(here, source, group))));
    }
    lines.join("\n")
}

/// What is so, for a person: `Agent – ENG made 95 calls and is assigned to nobody`.
fn sentence(group: &WaitingGroup) -> String {
    let calls = calls_text(group.calls);
    let agent = group.agent.as_ref().or(group.provider_agent_id.as_ref());
    match (group.reason.parse(), agent) {
        (Ok(WaitingReason::AgentNotAssignedToUser), Some(agent)) => {
            format!("{agent} made {calls} and was assigned to nobody then")
        }
        (Ok(WaitingReason::AgentNotInSystem), Some(agent)) => {
            format!("{agent} made {calls} and is not in the provider's list of agents")
        }
        (Ok(WaitingReason::NoAgentIdInCall), _) => format!("{calls} name no agent"),
        (Ok(reason), _) if reason.is_about_contact() => format!("{calls}: {}", reason.sentence()),
        _ => format!("{calls}: {}", group.reason),
    }
}

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
        // Several sources may have an agent of this name. One that is in no list is named by its id.
        (
            Ok(WaitingReason::AgentNotAssignedToUser | WaitingReason::AgentNotInSystem),
            Some(agent),
        ) => {
            format!("{here} assign {} --source {} --account NAME", quoted(agent), quoted(source))
        }
        (Ok(WaitingReason::ContactNotFound), _) => {
            format!("{here} contacts import FILE --account NAME")
        }
        (Ok(WaitingReason::ContactAmbiguous), _) => {
            format!("{here} contacts merge CONTACT CONTACT")
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
           everycall assign 'Front Desk – ENG' --source main --account NAME
       30  agent_not_in_system  a9
           everycall assign a9 --source main --account NAME
        4  no_agent_id_in_call
           everycall calls --source main --placement waiting
";
        assert_eq!(text("everycall", "main", &groups, Style::plain()), expected);
        assert_eq!(text("everycall", "main", &[], Style::plain()), "");
    }

    #[test]
    fn the_room_says_who_made_how_many_calls_since_when() {
        let groups = [group("agent_not_assigned_to_user", Some("a1"), Some("Agent – ENG"), 95)];
        let expected = "main: 95 calls wait

  Agent – ENG made 95 calls and was assigned to nobody then
  agent_not_assigned_to_user, since 1970-01-01T00:00:00Z
  everycall assign 'Agent – ENG' --source main --account NAME";
        assert_eq!(room("everycall", "main", &groups, Style::plain()), expected);
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        let written = ["Booking", "Agent – ENG", "O'Neill", ""].map(quoted);
        assert_eq!(written, ["Booking", "'Agent – ENG'", r"'O'\''Neill'", "''"]);
    }
}
