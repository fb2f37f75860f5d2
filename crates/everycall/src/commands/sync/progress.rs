//! How far a run is, on stderr.

use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use engine::sync::Progress;
use indicatif::ProgressStyle;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const TICK: Duration = Duration::from_millis(120);

/// A bar that follows a run; invisible where nobody looks.
pub struct ProgressBar {
    sender: watch::Sender<Progress>,
    following: JoinSet<()>,
}

impl ProgressBar {
    /// Follows a run of `source` until `done`.
    pub fn start(source: &str, done: CancellationToken) -> Self {
        let (sender, receiver) = watch::channel(Progress::default());
        let mut following = JoinSet::new();
        if stderr().is_terminal() {
            following.spawn(follow(bar(source), receiver, done));
        }
        Self { sender, following }
    }

    /// Where the run tells how far it is.
    pub fn sender(&self) -> watch::Sender<Progress> {
        self.sender.clone()
    }

    /// Takes the bar away.
    pub async fn finish(mut self) {
        while self.following.join_next().await.is_some() {}
    }
}

fn bar(source: &str) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(0);
    let template =
        "{prefix} {bar:30.cyan/dim} {human_pos} of {human_len} calls · {per_sec} · {eta} left{msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        let per_second = |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            // A bar that cannot be drawn is no reason to stop.
            write!(out, "{:.0}/s", state.per_sec()).ok();
        };
        bar.set_style(style.with_key("per_sec", per_second).progress_chars("━━─"));
    }
    bar.set_prefix(source.to_owned());
    bar
}

async fn follow(
    bar: indicatif::ProgressBar,
    receiver: watch::Receiver<Progress>,
    done: CancellationToken,
) {
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = done.cancelled() => break,
            _ = tick.tick() => show(&bar, *receiver.borrow()),
        }
    }
    bar.finish_and_clear();
}

fn show(bar: &indicatif::ProgressBar, progress: Progress) {
    bar.set_length(progress.expected.max(progress.listed));
    bar.set_position(progress.listed);
    let Progress { windows_planned, windows_ended, .. } = progress;
    if windows_planned > 0 {
        bar.set_message(format!(" · {windows_ended} of {windows_planned} windows"));
    }
}
