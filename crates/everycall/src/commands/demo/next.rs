//! Three things worth trying next, as commands that work.

use std::fmt::Write as _;

use super::cast::LEFT_OUT;
use super::stage::Stage;
use crate::commands::waiting::quoted;
use crate::config::environment;
use crate::output::{Style, written};

/// The three; `runs_on` says whether the provider stays up meanwhile.
pub fn text(stage: &Stage, runs_on: bool, style: Style) -> String {
    let program = quoted(&environment::program());
    let config = quoted(&stage.config().display().to_string());
    let here = format!("{program} --config {config}");
    let first = stage.providers.first().map_or("", |(provider, _)| provider.provider());
    let place = (
        "Give the waiting agent's calls to an account: they move at once, history too",
        format!("{here} assign '{LEFT_OUT}' --source {first} --account 'Maple Street Dental'"),
    );
    let status = ("See what is proved, what is missing, and what waits", format!("{here} status"));
    let three = if runs_on {
        [
            place,
            (
                "Find the calls that came to the provider's list after it was read, and bring them",
                format!("{here} compare {first} --repair"),
            ),
            status,
        ]
    } else if stage.is_kept() {
        [place, ("Look at the latest calls", format!("{here} calls --limit 20")), status]
    } else {
        [
            ("See the same numbers as a page", format!("{program} demo")),
            (
                "Keep the database to look around in it",
                format!("{program} demo --once --keep demo"),
            ),
            ("Begin with a provider of your own", format!("{program} init")),
        ]
    };
    let meanwhile = if runs_on { ", in another terminal" } else { "" };
    written(|out| {
        writeln!(out, "\n{}{meanwhile}", style.bold("Three things to try next"))?;
        three.iter().enumerate().try_for_each(|(at, (what, command))| {
            writeln!(out, "  {}. {what}\n     {}", at + 1, style.command(command))
        })
    })
}
