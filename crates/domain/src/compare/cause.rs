//! Why a call is on one side only: a closed list.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a call is missing, extra or different. The names are those of reports and the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Nothing we know says why. Its target is zero, so it stands first.
    Unexplained,
    /// Too young: the provider may still change it, and its window is read again by itself.
    NotSettled,
    /// It happened before the account's `calls_reset_at`.
    OutsideResetDate,
    /// A rule leaves it out deliberately.
    Excluded,
    /// It is here, and waits to be placed.
    Waiting,
    /// It is a leg of a call that the other side keeps as one.
    Merged,
    /// Its record could not be read and is kept whole.
    SetAside,
    /// Its window was read, and the provider did not prove that its list was whole.
    WindowTruncated,
    /// Nobody has read its window yet.
    WindowNotFetched,
    /// The provider refused or could not be reached when its window was to be read.
    ProviderRefused,
    /// Its window was read whole and every record of it accounted for; it appeared afterwards.
    Late,
    /// The provider's list contradicts its own total, so neither side can be judged.
    ProviderTotalInconsistent,
    /// We hold it, and the provider no longer knows it, by list or by id.
    LostAtProvider,
    /// We hold it, the provider knows it by its id, and its list leaves it out; or another source or
    /// a file has it, and a list that was read whole does not.
    NotInProviderResponse,
    /// It was stored here once and is gone: ours to find.
    FilteringOrSyncIssue,
}

impl Cause {
    /// Every one, worst first.
    pub const ALL: &[Self] = &[
        Self::Unexplained,
        Self::NotSettled,
        Self::OutsideResetDate,
        Self::Excluded,
        Self::Waiting,
        Self::Merged,
        Self::SetAside,
        Self::WindowTruncated,
        Self::WindowNotFetched,
        Self::ProviderRefused,
        Self::Late,
        Self::ProviderTotalInconsistent,
        Self::LostAtProvider,
        Self::NotInProviderResponse,
        Self::FilteringOrSyncIssue,
    ];

    /// The cause of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cause| cause.as_str() == name)
    }

    /// Its name in reports and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unexplained => "unexplained",
            Self::NotSettled => "not_settled",
            Self::OutsideResetDate => "outside_reset_date",
            Self::Excluded => "excluded",
            Self::Waiting => "waiting",
            Self::Merged => "merged",
            Self::SetAside => "set_aside",
            Self::WindowTruncated => "window_truncated",
            Self::WindowNotFetched => "window_not_fetched",
            Self::ProviderRefused => "provider_refused",
            Self::Late => "late",
            Self::ProviderTotalInconsistent => "provider_total_inconsistent",
            Self::LostAtProvider => "lost_at_provider",
            Self::NotInProviderResponse => "not_in_provider_response",
            Self::FilteringOrSyncIssue => "filtering_or_sync_issue",
        }
    }

    /// What a person can do about it.
    pub const fn next_step(self) -> &'static str {
        match self {
            Self::Unexplained => {
                "Run `everycall compare --repair` over the same span; if it stays, please report it"
            }
            Self::NotSettled | Self::Late => {
                "Nothing: its window is read again by itself; `everycall sync` reads what is due now"
            }
            Self::OutsideResetDate => "Nothing, unless the account's reset date is wrong",
            Self::Excluded => "Nothing, unless the rule that leaves it out is wrong",
            Self::Waiting => "Assign its agent; `everycall status` names the command",
            Self::Merged => "Nothing: its conversation is on both sides",
            Self::SetAside => "Look at its record: a newer version may read it",
            Self::WindowTruncated | Self::WindowNotFetched => {
                "Run `everycall sync`: the window is its next work"
            }
            Self::ProviderRefused => {
                "Run `everycall doctor`: it says what the provider refuses and what to change"
            }
            Self::ProviderTotalInconsistent => {
                "Compare again later; if it stays, ask the provider about its total"
            }
            Self::LostAtProvider => {
                "Nothing: the call stays here, whatever the provider has done with it"
            }
            Self::NotInProviderResponse => {
                "Ask the provider why its list leaves it out; reading again would change nothing"
            }
            Self::FilteringOrSyncIssue => {
                "Run `everycall compare --repair` over the same span, and please report it"
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
