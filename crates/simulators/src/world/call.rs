//! One true call and the words spoken in it.

use std::fmt;

use super::ids::Ids;
use super::talk::Talk;

/// Words of a call. Generated ones are kept as a seed, so that large worlds stay small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// Exactly these words.
    Written(String),
    /// The transcript a conversation makes.
    Spoken(Talk),
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(words) => f.write_str(words),
            Self::Spoken(talk) => f.write_str(&talk.transcript()),
        }
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::Written(words.to_owned())
    }
}

/// Something an agent did during a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// 24 hex digits.
    pub id: String,
    /// The provider's word for its kind, such as `SMS`; may be one nobody documented.
    pub action_type: String,
    /// What the agent's author called it.
    pub name: String,
    /// When it was asked for, in unix milliseconds; it was done ten seconds later.
    pub triggered_at: i64,
}

/// One call as it really was.
#[derive(Debug, Clone)]
pub struct Call {
    /// 24 hex digits whose first eight are the second of creation.
    pub id: String,
    /// Who handled it; `None` when the provider does not say.
    pub agent_id: Option<String>,
    /// Who called, when the provider knows a contact.
    pub contact_id: Option<String>,
    /// The caller's number in E.164.
    pub from_number: Option<String>,
    /// When the call started, in unix milliseconds.
    pub created_at: i64,
    /// In seconds.
    pub duration: u32,
    /// A test call made from the agent's editor.
    pub is_trial: bool,
    /// What the agent did.
    pub actions: Vec<Action>,
    /// One or two sentences about the call.
    pub summary: String,
    /// Lines of `bot:` and `human:`.
    pub transcript: Text,
    /// The text of a JSON object, when the agent extracts anything.
    pub extracted_data: Option<String>,
    /// The conversation message of this call.
    pub message_id: Option<String>,
    /// No list and no lookup shows it before this instant.
    pub hidden_until: Option<i64>,
    /// No list ever shows it, though a lookup by id does.
    pub is_unlisted: bool,
    /// Gone at the provider.
    pub is_deleted: bool,
    /// How often it was changed after it was made.
    pub edits: u32,
}

impl Call {
    /// When the call ended, in unix milliseconds.
    pub fn ended_at(&self) -> i64 {
        self.created_at + i64::from(self.duration) * 1000
    }

    /// From when the provider shows it: a call is logged when it ends, unless hidden for longer.
    pub fn listed_from(&self) -> i64 {
        self.hidden_until.map_or(self.ended_at(), |until| until.max(self.ended_at()))
    }
}

/// A call to insert; what is left out is empty or chosen.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// 24 hex digits; made from `created_at` when left out.
    pub id: Option<String>,
    /// See [`Call::agent_id`].
    pub agent_id: Option<String>,
    /// See [`Call::contact_id`].
    pub contact_id: Option<String>,
    /// See [`Call::from_number`].
    pub from_number: Option<String>,
    /// See [`Call::created_at`].
    pub created_at: i64,
    /// See [`Call::duration`].
    pub duration: u32,
    /// See [`Call::is_trial`].
    pub is_trial: bool,
    /// See [`Call::actions`].
    pub actions: Vec<Action>,
    /// See [`Call::summary`].
    pub summary: String,
    /// See [`Call::transcript`].
    pub transcript: Text,
    /// See [`Call::extracted_data`].
    pub extracted_data: Option<String>,
    /// See [`Call::message_id`].
    pub message_id: Option<String>,
    /// See [`Call::hidden_until`].
    pub hidden_until: Option<i64>,
}

impl NewCall {
    /// A minute-long call without agent, contact or number, started at this instant.
    pub fn at(created_at: i64) -> Self {
        Self {
            id: None,
            agent_id: None,
            contact_id: None,
            from_number: None,
            created_at,
            duration: 60,
            is_trial: false,
            actions: Vec::new(),
            summary: "Caller asked about opening hours.".to_owned(),
            transcript: "bot: Hello, how can I help?\nhuman: When do you open?".into(),
            extracted_data: None,
            message_id: None,
            hidden_until: None,
        }
    }

    pub(super) fn into_call(self, ids: &mut Ids) -> Call {
        Call {
            id: self.id.unwrap_or_else(|| ids.object(self.created_at)),
            agent_id: self.agent_id,
            contact_id: self.contact_id,
            from_number: self.from_number,
            created_at: self.created_at,
            duration: self.duration,
            is_trial: self.is_trial,
            actions: self.actions,
            summary: self.summary,
            transcript: self.transcript,
            extracted_data: self.extracted_data,
            message_id: self.message_id,
            hidden_until: self.hidden_until,
            is_unlisted: false,
            is_deleted: false,
            edits: 0,
        }
    }
}
