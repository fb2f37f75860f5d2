//! What tests compare with: the whole truth about a call, and what of it was hidden.

use super::call::{Call, Text};

/// Whether the provider shows a call at some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Lists and lookups show it.
    Listed,
    /// No list shows it; a lookup by id does.
    OnlyById,
    /// It happened, or will, but nothing shows it before this instant.
    NotListedUntil(i64),
    /// It was deleted; nothing shows it any more.
    Deleted,
}

/// One call as it really was, as of an instant.
#[derive(Debug, Clone)]
pub struct TrueCall {
    /// The provider's id.
    pub id: String,
    /// Who handled it, when the provider says.
    pub agent_id: Option<String>,
    /// Who called.
    pub contact_id: Option<String>,
    /// The caller's number.
    pub from_number: Option<String>,
    /// When it started, in unix milliseconds.
    pub created_at: i64,
    /// In seconds.
    pub duration: u32,
    /// A test call.
    pub is_trial: bool,
    /// The final summary.
    pub summary: String,
    /// The final transcript.
    pub transcript: Text,
    /// The conversation message.
    pub message_id: Option<String>,
    /// Whether the provider shows it.
    pub visible: Visibility,
    /// From when the provider shows, or showed, it.
    pub listed_from: i64,
    /// How often it was changed after it was made; deletion counts.
    pub edits: u32,
}

impl TrueCall {
    /// True when lists show it.
    pub fn is_listed(&self) -> bool {
        self.visible == Visibility::Listed
    }
}

pub(super) fn of(call: &Call, now: i64) -> TrueCall {
    let visible = if call.is_deleted {
        Visibility::Deleted
    } else if call.listed_from() > now {
        Visibility::NotListedUntil(call.listed_from())
    } else if call.is_unlisted {
        Visibility::OnlyById
    } else {
        Visibility::Listed
    };
    TrueCall {
        id: call.id.clone(),
        agent_id: call.agent_id.clone(),
        contact_id: call.contact_id.clone(),
        from_number: call.from_number.clone(),
        created_at: call.created_at,
        duration: call.duration,
        is_trial: call.is_trial,
        summary: call.summary.clone(),
        transcript: call.transcript.clone(),
        message_id: call.message_id.clone(),
        visible,
        listed_from: call.listed_from(),
        edits: call.edits,
    }
}
