//! What a run is asked to do, and how far it is.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{
    Capabilities, Coverage, Planned, ProviderCallId, RunId, RunKind, Timestamp, Why, Window, plan,
    within,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Source;
use crate::ingest::SeenBy;

/// What a run is asked to do.
#[derive(Clone)]
pub struct SyncOptions {
    /// Who or what started it.
    pub kind: RunKind,
    /// The window to read, whatever the ledger says; else what the ledger lacks.
    pub asked: Option<Window>,
    /// Only these calls, each asked for by its id; then no window is read.
    pub calls: Vec<(ProviderCallId, Timestamp)>,
    /// Where nothing is asked for: only what the ledger lacks in this span.
    pub within: Option<Window>,
    /// How many windows to prove at most, the newest; the others are left to the next run.
    pub windows_max: Option<usize>,
    /// How long it begins windows for; the others are left to the next run.
    pub time_max: Option<Duration>,
    /// Read and judge everything, write nothing.
    pub is_dry_run: bool,
    /// Cancelled when somebody wants the run to stop; what was read is kept.
    pub stop: CancellationToken,
    /// Where it tells how far it is.
    pub progress: Option<watch::Sender<Progress>>,
}

impl SyncOptions {
    /// A run by hand over whatever the ledger lacks.
    pub fn manual() -> Self {
        Self {
            kind: RunKind::Manual,
            asked: None,
            calls: Vec::new(),
            within: None,
            windows_max: None,
            time_max: None,
            is_dry_run: false,
            stop: CancellationToken::new(),
            progress: None,
        }
    }

    /// How records of such a run came to us.
    pub(super) fn seen_by(&self) -> SeenBy {
        if self.kind == RunKind::Import { SeenBy::Import } else { SeenBy::Poll }
    }

    pub(super) fn parameters(&self, source: &Source) -> String {
        let span = self.asked.or(self.within);
        serde_json::json!({
            "source": source.row.name,
            "provider": source.row.provider.as_str(),
            "scope": source.row.scope,
            "from": span.map(Window::from),
            "to": span.map(Window::to),
            "calls": (!self.calls.is_empty()).then_some(self.calls.len()),
            "dryRun": self.is_dry_run,
        })
        .to_string()
    }

    /// What a run of a source with this ledger reads, newest first.
    pub(super) fn plan(
        &self,
        coverage: &Coverage,
        capabilities: &Capabilities,
        since: Timestamp,
        now: Timestamp,
    ) -> Vec<Planned> {
        if !self.calls.is_empty() {
            return Vec::new();
        }
        let planned = plan(coverage, capabilities, since, self.asked, now);
        match self.within {
            Some(span) if self.asked.is_none() => within(planned, span),
            _ => planned,
        }
    }

    pub(super) fn tell(&self, progress: Progress) {
        if let Some(listener) = &self.progress {
            listener.send_replace(progress);
        }
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Progress {
    /// The run that is under way, where it is written down.
    #[serde(skip)]
    pub run: Option<RunId>,
    /// Records listed so far.
    pub listed: u64,
    /// Records the provider said there are, in the windows begun so far.
    pub expected: u64,
    /// Pages read so far.
    pub pages: u64,
    /// Windows to prove.
    pub windows_planned: u64,
    /// Windows that have ended, proved or not.
    pub windows_ended: u64,
}

impl Progress {
    /// As it is kept.
    pub(crate) fn written(&self) -> String {
        // A struct of numbers always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What will be read and why, in a sentence.
pub(super) fn plan_sentence(planned: &[Planned], options: &SyncOptions) -> String {
    if !options.calls.is_empty() {
        return format!("{} call(s) are asked for by their ids", options.calls.len());
    }
    let span = |windows: &[Planned]| -> Option<String> {
        let from = windows.iter().map(|next| next.window.from()).min()?;
        let to = windows.iter().map(|next| next.window.to()).max()?;
        Some(format!("{from} to {to}"))
    };
    let Some(span) = span(planned) else {
        if let Some(asked) = options.asked {
            return format!("Nothing to read: {asked} is too young to be proved. Ask again later");
        }
        return "Nothing to read: the ledger is complete and nothing is due".to_owned();
    };
    let whys: BTreeSet<&str> = planned
        .iter()
        .map(|next| match next.why {
            Why::Gap => "never read",
            Why::Settle(_) => "old enough to be read again",
            Why::Asked => "asked for",
        })
        .collect();
    let whys: Vec<&str> = whys.into_iter().collect();
    format!("{} window(s) between {span}, {}", planned.len(), whys.join(" or "))
}
