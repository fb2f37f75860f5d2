//! The accounts of a run, and what they allow it to be called.

use serde::{Deserialize, Serialize};

/// Where every record of a run went. They balance, or the run is no success.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAccounts {
    /// Records that left the socket, counted before anything could drop one.
    pub listed: u64,
    /// Calls we did not have.
    pub new: u64,
    /// Calls whose content changed.
    pub updated: u64,
    /// Calls we had just so.
    pub unchanged: u64,
    /// Further sightings of a call this run counts elsewhere.
    pub repeated: u64,
    /// Records nobody could read, kept whole.
    pub set_aside: u64,
    /// Records the database refused.
    pub failed: u64,
}

/// Accounts that do not add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the provider listed {listed} records and {explained} are accounted for; please report this run"
)]
pub struct Unbalanced {
    /// Records that left the socket.
    pub listed: u64,
    /// Records with a known fate.
    pub explained: u64,
}

impl RunAccounts {
    /// Records with a known fate.
    pub fn explained(&self) -> u64 {
        self.new + self.updated + self.unchanged + self.repeated + self.set_aside + self.failed
    }

    /// The conservation law: `listed = new + updated + unchanged + repeated + set_aside + failed`.
    pub fn balance(&self) -> Result<(), Unbalanced> {
        let (listed, explained) = (self.listed, self.explained());
        if listed == explained { Ok(()) } else { Err(Unbalanced { listed, explained }) }
    }

    /// Adds another part of the same run.
    pub fn add(&mut self, part: &Self) {
        self.listed += part.listed;
        self.new += part.new;
        self.updated += part.updated;
        self.unchanged += part.unchanged;
        self.repeated += part.repeated;
        self.set_aside += part.set_aside;
        self.failed += part.failed;
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// Its name in database and API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err(format!("there is no {} `{other}`", stringify!($name))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use named;

named! {
    /// Who or what started a run.
    RunKind {
        /// A person.
        Manual = "manual",
        /// The schedule.
        Auto = "auto",
        /// A person asked for history.
        Backfill = "backfill",
        /// A settle tier was due.
        Settle = "settle",
        /// A finding is being repaired.
        Repair = "repair",
        /// A comparison, which changes nothing.
        Diagnostic = "diagnostic",
        /// A person brought a file, which proves nothing.
        Import = "import",
    }
}

named! {
    /// How a run ended.
    RunStatus {
        /// It has not ended, or nobody lived to write down how.
        InProgress = "in_progress",
        /// Every window was proved and the accounts balance.
        Success = "success",
        /// Something was read, and not every window was proved; the ledger says which.
        Partial = "partial",
        /// No window was proved, and nothing read was kept.
        Failed = "failed",
        /// The accounts do not add up.
        Unbalanced = "unbalanced",
    }
}

/// What a run achieved, from which its status follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// Windows it meant to prove.
    pub windows_planned: u64,
    /// Windows it proved.
    pub windows_proved: u64,
    /// Whether somebody stopped it.
    pub was_cancelled: bool,
    /// Whether something went wrong, perhaps before any window could be planned.
    pub has_erred: bool,
}

/// The status a run has earned.
pub fn conclude(accounts: &RunAccounts, what: Conclusion) -> RunStatus {
    let all = what.windows_proved >= what.windows_planned && !what.was_cancelled && !what.has_erred;
    let has_kept = accounts.listed > accounts.failed;
    match (accounts.balance(), all) {
        (Err(_), _) => RunStatus::Unbalanced,
        (Ok(()), true) if accounts.failed == 0 => RunStatus::Success,
        (Ok(()), _) if what.windows_proved > 0 || has_kept => RunStatus::Partial,
        (Ok(()), _) => RunStatus::Failed,
    }
}

#[cfg(test)]
mod tests;
