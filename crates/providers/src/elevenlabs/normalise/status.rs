//! How far a conversation is, and what became of it.

use domain::CallStatus;

use crate::elevenlabs::wire::Object;

/// The states of a conversation, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// A word nobody documented, or none.
    Unknown,
    /// It is being set up.
    Initiated,
    /// Both sides talk.
    InProgress,
    /// It has ended, and is being analysed.
    Processing,
    /// It has ended badly, or never began.
    Failed,
    /// It has ended, and was analysed.
    Done,
}

impl Stage {
    /// The state a row or a detail names.
    pub(super) fn of(part: &Object<'_>) -> Self {
        match part.words("status").as_deref() {
            Some("initiated") => Self::Initiated,
            // Batch calls write it with the other stroke, and so might this list one day.
            Some("in-progress" | "in_progress") => Self::InProgress,
            Some("processing") => Self::Processing,
            Some("done") => Self::Done,
            Some("failed") => Self::Failed,
            _ => Self::Unknown,
        }
    }

    /// Whether nobody talks any more. An unknown word may say so.
    pub(super) fn has_ended(self) -> bool {
        !matches!(self, Self::Initiated | Self::InProgress)
    }

    /// Whether it is the last state there is.
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// What became of the call: the line's own word where there is one, else the conversation's state.
pub(super) fn status(stage: Stage, call_result: Option<&str>, is_broken: bool) -> CallStatus {
    match stage {
        Stage::Unknown => return CallStatus::Unknown,
        Stage::Initiated => return CallStatus::Initiated,
        Stage::InProgress => return CallStatus::InProgress,
        Stage::Processing | Stage::Failed | Stage::Done => {}
    }
    match call_result {
        Some("voicemail") => CallStatus::Voicemail,
        Some("busy") => CallStatus::Busy,
        Some("no_answer" | "no-answer") => CallStatus::NoAnswer,
        Some("failed") => CallStatus::Failed,
        _ if stage == Stage::Failed || is_broken => CallStatus::Failed,
        _ => CallStatus::Completed,
    }
}
