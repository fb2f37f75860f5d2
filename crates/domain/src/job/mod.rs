//! Jobs: what a person or a schedule asks to be done, and a worker does.

use serde::{Deserialize, Serialize};

use crate::run::named;
use crate::{AccountId, NotAWindow, SourceId, Timestamp, Window};

named! {
    /// What is to be done.
    JobKind {
        /// Read what the ledger lacks, or a span.
        Sync = "sync",
        /// Compare with the provider, and change nothing.
        Compare = "compare",
        /// Compare, read what was found, and compare again.
        Repair = "repair",
    }
}

named! {
    /// Where a job stands.
    JobStatus {
        /// Nobody does it yet, or whoever did gave it back.
        Waiting = "waiting",
        /// A worker does it, or died over it.
        Running = "running",
        /// It was done, if perhaps in part; its outcome says how.
        Done = "done",
        /// It came to nothing.
        Failed = "failed",
        /// Somebody wanted it to stop. What was read until then is kept.
        Cancelled = "cancelled",
    }
}

impl JobStatus {
    /// Whether nothing more comes of it.
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// Whether this may follow. What has ended stays as it is.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Waiting => matches!(next, Self::Running | Self::Cancelled),
            // Running again: by another worker, after the first one died.
            Self::Running => true,
            Self::Done | Self::Failed | Self::Cancelled => false,
        }
    }
}

/// How a job is to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobParameters {
    /// The first instant of its span; without one it is what the ledger lacks, or a usual span.
    pub from: Option<Timestamp>,
    /// The first instant after its span.
    pub to: Option<Timestamp>,
    /// Compares only the calls that the rules give to this account.
    pub account: Option<AccountId>,
    /// Reads and judges everything, and writes nothing.
    pub dry_run: bool,
    /// Keeps the provider's own record of each call that is missing or differs.
    pub keeps_raw: bool,
    /// Compares with what another source holds, and not with the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_source: Option<SourceId>,
    /// How far apart two times or lengths may lie and still be the same, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance_seconds: Option<u32>,
    /// How many earlier occurrences of its schedule it stands for, beside its own.
    #[serde(skip_serializing_if = "is_none")]
    pub stands_for: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_none(number: &u64) -> bool {
    *number == 0
}

/// Why a job is not asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobRefused {
    /// One end of the span is missing.
    #[error("a span has both a beginning and an end; without both, {usual}")]
    OneEnd {
        /// What is done without a span.
        usual: &'static str,
    },
    /// The span has not begun.
    #[error(
        "the span begins at {from}, which is in the future; it is {now}. Choose one that has passed"
    )]
    Future {
        /// Where it begins.
        from: Timestamp,
        /// What the clock shows.
        now: Timestamp,
    },
    /// The span has not ended.
    #[error("the span ends at {to}, which is in the future; it is {now}. Let it end by now")]
    EndsInFuture {
        /// Where it ends.
        to: Timestamp,
        /// What the clock shows.
        now: Timestamp,
    },
    /// The span runs backwards.
    #[error(
        "the span begins at {from}, which does not lie before its end, {to}. Swap the two, or choose a later end"
    )]
    Backwards {
        /// Where it begins.
        from: Timestamp,
        /// Where it ends.
        to: Timestamp,
    },
    /// There is nothing a dry run could leave out, or no way to try.
    #[error(
        "only a sync can be a dry run: a comparison changes nothing anyway, and a repair begins with one"
    )]
    NoDryRun,
    /// Reading does not know accounts.
    #[error(
        "a sync reads the calls of its source, whoever's they are; leave out the account, or ask for a comparison"
    )]
    NoAccount,
    /// Reading brings nothing of what another source saw.
    #[error(
        "only a comparison can be with another source: a sync and a repair read from the provider"
    )]
    NoOtherSource,
    /// There is one side only.
    #[error("a source cannot be compared with itself; name another one that saw its calls")]
    WithItself,
    /// Reading compares nothing.
    #[error("a sync compares nothing; leave out the tolerance")]
    NoTolerance,
    /// Both sides are here.
    #[error("the records of both sources are here already; leave out that they should be kept")]
    KeptOnBothSides,
    /// Reading keeps every record anyway.
    #[error("a sync keeps every record as it was sent; leave out that it should")]
    KeepsRawAnyway,
}

impl JobParameters {
    /// The span, where one is asked for. Its ends were checked when it was asked.
    pub fn span(&self) -> Option<Window> {
        Window::new(self.from?, self.to?).ok()
    }

    /// Whether a job of this kind can be done so.
    ///
    /// A span that reaches into the future is refused rather than cut: a ledger that says "up to the
    /// 30th" must not come from a run on the 20th.
    pub fn check(&self, kind: JobKind, now: Timestamp) -> Result<(), JobRefused> {
        match kind {
            JobKind::Sync if self.account.is_some() => return Err(JobRefused::NoAccount),
            JobKind::Sync if self.keeps_raw => return Err(JobRefused::KeepsRawAnyway),
            JobKind::Sync | JobKind::Repair if self.with_source.is_some() => {
                return Err(JobRefused::NoOtherSource);
            }
            JobKind::Sync if self.tolerance_seconds.is_some() => {
                return Err(JobRefused::NoTolerance);
            }
            JobKind::Compare if self.with_source.is_some() && self.keeps_raw => {
                return Err(JobRefused::KeptOnBothSides);
            }
            JobKind::Compare | JobKind::Repair if self.dry_run => return Err(JobRefused::NoDryRun),
            JobKind::Sync | JobKind::Compare | JobKind::Repair => {}
        }
        let (from, to) = match (self.from, self.to) {
            (None, None) => return Ok(()),
            (Some(from), Some(to)) => (from, to),
            _ => return Err(JobRefused::OneEnd { usual: usual(kind) }),
        };
        if from >= now {
            return Err(JobRefused::Future { from, now });
        }
        if to > now {
            return Err(JobRefused::EndsInFuture { to, now });
        }
        match Window::new(from, to) {
            Ok(_) => Ok(()),
            Err(NotAWindow { from, to }) => Err(JobRefused::Backwards { from, to }),
        }
    }
}

const fn usual(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Sync => "whatever is missing is read",
        JobKind::Compare | JobKind::Repair => "the last thirty days are compared",
    }
}

#[cfg(test)]
mod tests;
