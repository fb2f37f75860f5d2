//! What tables tell of a call: one list for every format.

use std::borrow::Cow;

use domain::Timestamp;
use store::CallRow;

/// What a column is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Texts.
    Text,
    /// Instants, in milliseconds since 1970.
    Instant,
    /// How long something took, in milliseconds.
    Length,
}

/// One thing that is told of a call.
#[derive(Debug, PartialEq)]
pub enum Cell<'c> {
    /// It is not known.
    Nothing,
    /// A text.
    Text(&'c str),
    /// An instant, in milliseconds since 1970.
    Instant(i64),
    /// A length, in milliseconds.
    Length(i64),
}

/// A column.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it is made of.
    pub kind: Kind,
    /// What it says of a call.
    pub read: fn(&CallRow) -> Cell<'_>,
}

const fn column(name: &'static str, kind: Kind, read: fn(&CallRow) -> Cell<'_>) -> Column {
    Column { name, kind, read }
}

/// Each, in order.
pub const COLUMNS: [Column; 17] = [
    column("source", Kind::Text, |call| Cell::Text(&call.source)),
    column("providerCallId", Kind::Text, |call| Cell::Text(&call.provider_call_id)),
    column("occurredAt", Kind::Instant, |call| Cell::Instant(call.occurred_at)),
    column("durationSeconds", Kind::Length, |call| {
        call.duration_ms.map_or(Cell::Nothing, Cell::Length)
    }),
    column("direction", Kind::Text, |call| text(call.direction.as_deref())),
    column("status", Kind::Text, |call| Cell::Text(&call.status)),
    column("from", Kind::Text, |call| text(call.from_e164.as_deref().or(call.from_raw.as_deref()))),
    column("to", Kind::Text, |call| text(call.to_e164.as_deref().or(call.to_raw.as_deref()))),
    column("agent", Kind::Text, |call| text(call.agent.as_deref())),
    column("providerAgentId", Kind::Text, |call| text(call.provider_agent_id.as_deref())),
    column("campaign", Kind::Text, |call| text(call.campaign.as_deref())),
    column("account", Kind::Text, |call| text(call.account.as_deref())),
    column("placement", Kind::Text, |call| Cell::Text(&call.placement)),
    column("reason", Kind::Text, |call| Cell::Text(&call.reason)),
    column("tags", Kind::Text, |call| Cell::Text(&call.tags)),
    column("firstSeenAt", Kind::Instant, |call| Cell::Instant(call.first_seen_at)),
    column("changedAt", Kind::Instant, |call| Cell::Instant(call.changed_at)),
];

fn text(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Nothing, Cell::Text)
}

/// A length in seconds, as tables for people have it.
pub fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

impl<'c> Cell<'c> {
    /// As text has it.
    pub fn written(self) -> Cow<'c, str> {
        match self {
            Self::Nothing => "".into(),
            Self::Text(text) => text.into(),
            Self::Instant(millis) => Timestamp::from_millis(millis).to_string().into(),
            Self::Length(millis) => seconds(millis).to_string().into(),
        }
    }
}
