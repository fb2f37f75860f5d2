//! What happens to one call of the world at ElevenLabs, derived from the call alone.

use crate::world::{Call, World};

use super::settings::Settings;

/// The states of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Initiated,
    InProgress,
    Processing,
    Done,
    Failed,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::InProgress => "in-progress",
            Self::Processing => "processing",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    pub(super) fn has_ended(self) -> bool {
        !matches!(self, Self::Initiated | Self::InProgress)
    }
}

/// One call as ElevenLabs tells it at one instant.
#[derive(Clone, Copy)]
pub(super) struct Story<'a> {
    pub(super) call: &'a Call,
    pub(super) settings: &'a Settings,
    pub(super) now: i64,
}

impl Story<'_> {
    /// The conversation's id.
    pub(super) fn id(&self) -> String {
        conversation_id(&self.call.id)
    }

    /// The second it began in.
    pub(super) fn start(&self) -> i64 {
        second(self.call)
    }

    /// From when any answer knows it.
    pub(super) fn known_from(&self) -> i64 {
        let begins =
            if self.settings.lists_running { self.call.created_at } else { self.ended_at() };
        self.call.hidden_until.map_or(begins, |until| until.max(begins))
    }

    /// Whether a lookup finds it.
    pub(super) fn is_known(&self) -> bool {
        !self.call.is_deleted && self.known_from() <= self.now
    }

    /// Whether the list has it.
    pub(super) fn is_listed(&self) -> bool {
        let lag = self.settings.list_lag_seconds * 1000;
        self.is_known() && !self.call.is_unlisted && self.known_from() + lag <= self.now
    }

    /// Seconds both sides talked.
    pub(super) fn seconds(&self) -> u32 {
        if self.is_answered() { self.call.duration } else { 0 }
    }

    pub(super) fn ended_at(&self) -> i64 {
        let set_up = if self.is_answered() { 0 } else { self.settings.set_up_seconds };
        (self.start() + set_up + i64::from(self.seconds())) * 1000
    }

    pub(super) fn state(&self) -> State {
        let since_end = self.now - self.ended_at();
        let set_up = (self.start() + self.settings.set_up_seconds) * 1000;
        match () {
            () if since_end >= self.settings.processing_seconds * 1000 && self.is_answered() => {
                State::Done
            }
            () if since_end >= 0 && self.is_answered() => State::Processing,
            () if since_end >= 0 => State::Failed,
            () if self.now < set_up => State::Initiated,
            () => State::InProgress,
        }
    }

    /// Whether its words were deleted.
    pub(super) fn is_emptied(&self) -> bool {
        let retention = self.settings.retention_seconds;
        retention.is_some_and(|seconds| self.now >= self.ended_at() + seconds * 1000)
    }

    pub(super) fn has_cost(&self) -> bool {
        let after = self.settings.cost_after_seconds * 1000;
        self.state() == State::Done && self.now >= self.ended_at() + after
    }

    /// A call of a widget has no line, and somebody is always there.
    pub(super) fn is_by_phone(&self) -> bool {
        self.call.from_number.is_some()
    }

    pub(super) fn is_outbound(&self) -> bool {
        self.is_by_phone() && self.share("direction") < 0.5
    }

    pub(super) fn is_answered(&self) -> bool {
        !self.is_outbound() || self.share("answer") >= self.settings.unanswered_share * 2.0
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_answered() && self.share("broken") < self.settings.broken_share
    }

    pub(super) fn is_voicemail(&self) -> bool {
        self.is_outbound() && self.is_answered() && self.share("machine") < 0.1
    }

    pub(super) fn is_of_batch(&self) -> bool {
        self.is_outbound() && self.share("batch") < 0.5
    }

    /// What the line says became of the call.
    pub(super) fn call_result(&self) -> Option<&'static str> {
        let is_busy = self.share("busy") < 0.5;
        match self.state() {
            State::Initiated | State::InProgress => None,
            State::Failed => Some(if is_busy { "busy" } else { "no_answer" }),
            _ if self.is_voicemail() => Some("voicemail"),
            _ => Some("answered"),
        }
    }

    /// A number from 0 to 1 that depends on the call and the question alone.
    pub(super) fn share(&self, of: &str) -> f64 {
        (hash(&self.call.id, of) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Hex digits that depend on the call and the question alone.
    pub(super) fn digits(&self, of: &str) -> String {
        format!("{:016x}{:016x}", hash(&self.call.id, of), hash(of, &self.call.id))
    }
}

fn hash(id: &str, of: &str) -> u64 {
    let bytes = id.bytes().chain([0]).chain(of.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

pub(super) fn second(call: &Call) -> i64 {
    call.created_at.div_euclid(1000)
}

pub(super) fn conversation_id(call_id: &str) -> String {
    format!("conv_{call_id}")
}

pub(super) fn agent_id(agent_id: &str) -> String {
    format!("agent_{agent_id}")
}

/// The call a conversation's id speaks of.
pub(super) fn call_of<'a>(world: &'a World, conversation_id: &str) -> Option<&'a Call> {
    world.call(conversation_id.strip_prefix("conv_")?)
}
