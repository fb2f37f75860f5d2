//! A run's log: sentences tagged with the phase they belong to, kept and streamed.

use std::time::Duration;

use domain::Timestamp;
use store::LogLine;

/// Which part of a run a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names its users know")]
pub enum Phase {
    Init,
    Date,
    Api,
    Filter,
    Process,
    Save,
    Skip,
    Error,
    Complete,
    Log,
}

impl Phase {
    /// Its name in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Date => "DATE",
            Self::Api => "API",
            Self::Filter => "FILTER",
            Self::Process => "PROCESS",
            Self::Save => "SAVE",
            Self::Skip => "SKIP",
            Self::Error => "ERROR",
            Self::Complete => "COMPLETE",
            Self::Log => "LOG",
        }
    }
}

/// Lines not yet written, and the numbers they carry.
pub struct RunLog {
    source: String,
    next: i64,
    lines: Vec<LogLine>,
}

impl RunLog {
    /// The empty log of a run of this source.
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned(), next: 1, lines: Vec::new() }
    }

    /// Something that went as it should.
    pub fn info(&mut self, at: Timestamp, phase: Phase, message: String, took: Option<Duration>) {
        tracing::info!(source = %self.source, phase = phase.as_str(), "{message}");
        self.push(at, phase, "info", message, took);
    }

    /// Something worth looking at that we recovered from.
    pub fn warn(&mut self, at: Timestamp, phase: Phase, message: String) {
        tracing::warn!(source = %self.source, phase = phase.as_str(), "{message}");
        self.push(at, phase, "warn", message, None);
    }

    /// Something that keeps the run from being a success.
    pub fn error(&mut self, at: Timestamp, message: String) {
        tracing::error!(source = %self.source, phase = Phase::Error.as_str(), "{message}");
        self.push(at, Phase::Error, "error", message, None);
    }

    fn push(
        &mut self,
        at: Timestamp,
        phase: Phase,
        level: &str,
        message: String,
        took: Option<Duration>,
    ) {
        self.lines.push(LogLine {
            seq: self.next,
            at: at.as_millis(),
            phase: phase.as_str().to_owned(),
            level: level.to_owned(),
            message,
            duration_ms: took.and_then(|took| i64::try_from(took.as_millis()).ok()),
        });
        self.next += 1;
    }

    /// Takes back lines whose transaction failed, before any later ones.
    pub fn put_back(&mut self, mut lines: Vec<LogLine>) {
        lines.append(&mut self.lines);
        self.lines = lines;
    }

    /// The lines not yet written; they are written once.
    pub fn take(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.lines)
    }
}
