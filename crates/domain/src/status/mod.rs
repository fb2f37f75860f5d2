//! The states of a call, and the rule that a terminal one never goes back.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a call stands: unknown < queued < initiated < ringing < in_progress < any terminal state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// The provider uses a word nobody documented; its record has it.
    Unknown,
    /// It waits for a line.
    Queued,
    /// It was handed to the network.
    Initiated,
    /// It rings.
    Ringing,
    /// Both sides talk.
    InProgress,
    /// It was answered and has ended.
    Completed,
    /// The line was taken.
    Busy,
    /// Nobody picked up.
    NoAnswer,
    /// It could not be connected, or broke.
    Failed,
    /// It was withdrawn before anybody answered.
    Canceled,
    /// A machine answered.
    Voicemail,
}

/// What a new word about a call's status means for the one we hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// Nothing new.
    Same,
    /// It goes forward: take the new one.
    Forward,
    /// An old message about an earlier state: keep what we hold.
    Stale,
    /// Two different endings: keep what we hold, and show both.
    Conflict,
}

/// What becomes of a held call when a further record of it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Where the call stands now.
    pub status: CallStatus,
    /// The word that contradicts the ending it had told before; it stays visible beside that until
    /// its provider agrees with itself again.
    pub contradiction: Option<CallStatus>,
    /// Whether the record is older than what is held, so that nothing else it says is taken either.
    /// It is kept as an observation all the same.
    pub is_stale: bool,
}

impl CallStatus {
    /// What a record with this `word` makes of a call that is held as `self`.
    ///
    /// An ending never goes back, and another ending is not taken for it, unless the one that is
    /// held is provisional: its provider still owed the full record when it told it.
    pub fn after(self, word: Self, is_provisional: bool) -> Heard {
        let taken = Heard { status: word, contradiction: None, is_stale: false };
        match self.hears(word) {
            Advance::Same | Advance::Forward => taken,
            Advance::Conflict if is_provisional => taken,
            Advance::Conflict => Heard { status: self, contradiction: Some(word), ..taken },
            Advance::Stale => Heard {
                status: self,
                contradiction: self.is_terminal().then_some(word),
                // A word nobody documented may be newer than any other.
                is_stale: word != Self::Unknown,
            },
        }
    }

    /// Every status, in order.
    pub const ALL: &[Self] = &[
        Self::Unknown,
        Self::Queued,
        Self::Initiated,
        Self::Ringing,
        Self::InProgress,
        Self::Completed,
        Self::Busy,
        Self::NoAnswer,
        Self::Failed,
        Self::Canceled,
        Self::Voicemail,
    ];

    /// Whether the call has ended.
    pub fn is_terminal(self) -> bool {
        self.rank() == 5
    }

    fn rank(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Queued => 1,
            Self::Initiated => 2,
            Self::Ringing => 3,
            Self::InProgress => 4,
            _ => 5,
        }
    }

    /// What hearing `word` means when the call is held as `self`.
    pub fn hears(self, word: Self) -> Advance {
        match word.rank().cmp(&self.rank()) {
            std::cmp::Ordering::Greater => Advance::Forward,
            std::cmp::Ordering::Less => Advance::Stale,
            std::cmp::Ordering::Equal if word == self => Advance::Same,
            std::cmp::Ordering::Equal => Advance::Conflict,
        }
    }

    /// Its name in database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Voicemail => "voicemail",
        }
    }
}

impl FromStr for CallStatus {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|status| status.as_str() == text);
        known.ok_or_else(|| format!("there is no call status `{text}`"))
    }
}

#[cfg(test)]
mod tests;
