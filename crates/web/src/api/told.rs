//! What answers have in common.

use domain::Timestamp;
use engine::lines::{FileError, RefusedLine};
use engine::place::FileReport;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instant::Instant;
use crate::failure::Failure;

/// Something, with as of when it is so.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct AsOf<T> {
    /// As of when.
    #[schemars(with = "Instant")]
    pub as_of: Timestamp,
    /// What is so.
    #[serde(flatten)]
    pub what: T,
}

/// Whether something is only tried.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewAsked {
    /// Say what would happen, and change nothing.
    #[serde(default)]
    pub preview: bool,
}

/// The same where what would happen is judged line by line or word by word.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DryRunAsked {
    /// Read and judge everything, and keep nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a change did, or would do.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Whether anything changed; not where all was so already, and not in a preview.
    pub changed: bool,
    /// Whether it was a preview.
    pub preview: bool,
    /// Calls that moved, or would.
    pub calls_moved: u64,
}

impl Outcome {
    /// From how many calls moved; none where all was so already.
    pub fn of(moved: Option<u64>, preview: bool) -> Self {
        let changed = moved.is_some() && !preview;
        Self { changed, preview, calls_moved: moved.unwrap_or(0) }
    }
}

/// What an import did, or would do: `lines = new + changed + unchanged + refused`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Lines with something on them, without the header.
    pub lines: u64,
    /// What was not there.
    pub new: u64,
    /// What was there and is different now.
    pub changed: u64,
    /// What was so already.
    pub unchanged: u64,
    /// Lines that were not imported.
    pub refused: u64,
    /// The first thousand of those, each with its reason.
    pub refused_lines: Vec<Refused>,
    /// Calls that moved, or would.
    pub calls_moved: u64,
    /// Whether nothing was kept.
    pub dry_run: bool,
}

/// A line that was not imported.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Refused {
    /// Its number in the file; the header is line 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

impl From<RefusedLine> for Refused {
    fn from(refused: RefusedLine) -> Self {
        Self { line: refused.line, why: refused.why }
    }
}

impl Imported {
    /// A report of an import of accounts or assignments.
    pub fn of(report: FileReport, dry_run: bool) -> Self {
        Self {
            lines: report.lines,
            new: report.new,
            changed: report.changed,
            unchanged: report.unchanged,
            refused: report.refused,
            refused_lines: report.refused_lines.into_iter().map(Refused::from).collect(),
            calls_moved: report.calls_moved,
            dry_run,
        }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Header(sentence) => Self::Unusable { sentence },
            FileError::Unreadable(_) => Self::Misasked { sentence: error.to_string() },
            FileError::Store(error) => error.into(),
        }
    }
}
