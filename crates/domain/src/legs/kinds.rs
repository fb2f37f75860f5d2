//! Which kinds of alias name one call, and whose.

use crate::{Alias, Call, ProviderKind};

/// One kind of alias that joins. Every other kind is kept in the raw record only.
struct Kind {
    name: &'static str,
    /// Whose call it names by its own id. Such an id means the same wherever it is said.
    /// `None`: it names a conversation inside the source that says it, and nothing elsewhere.
    of: Option<ProviderKind>,
    /// Whether calls of one source that say the same id are one conversation to their provider.
    ties: bool,
}

/// Absent on purpose:
/// `highlevel_conversation` is a thread of many calls;
/// `elevenlabs_batch_recipient` may be called several times;
/// `asterisk_uniqueid` is not unique in a cluster without its lead, and is rewritten;
/// `vicidial_call_id` comes again every other month and every year;
/// `sip_call` and `exotel_call` are of lines that no source of ours reads.
const KINDS: &[Kind] = &[
    Kind { name: "twilio_call", of: Some(ProviderKind::Twilio), ties: false },
    // A child leg and its parent are calls of the same account.
    Kind { name: "twilio_parent_call", of: Some(ProviderKind::Twilio), ties: true },
    Kind { name: "highlevel_message", of: Some(ProviderKind::HighlevelConversations), ties: false },
    // The rule by which ViciDial itself finds the rows of one call.
    Kind { name: "vicidial_epoch_lead", of: None, ties: true },
];

fn known(kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| known.name == kind)
}

/// Whose call an alias of this kind names by the provider's own id.
pub fn named_by(kind: &str) -> Option<ProviderKind> {
    known(kind)?.of
}

/// Whether an alias of this kind names one conversation, and so joins its witnesses.
pub fn joins(kind: &str) -> bool {
    known(kind).is_some()
}

/// Whether calls of one source that say the same id of this kind are one conversation.
pub fn ties_own_calls(kind: &str) -> bool {
    known(kind).is_some_and(|known| known.ties)
}

/// The kinds that name calls of a provider.
pub fn kinds_of(provider: ProviderKind) -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(move |kind| kind.of == Some(provider)).map(|kind| kind.name)
}

/// Whose calls the records of a provider name.
pub const fn names_calls_of(provider: ProviderKind) -> Option<ProviderKind> {
    match provider {
        ProviderKind::Elevenlabs | ProviderKind::Twilio => Some(ProviderKind::Twilio),
        ProviderKind::HighlevelVoiceAi => Some(ProviderKind::HighlevelConversations),
        ProviderKind::HighlevelConversations | ProviderKind::Teli | ProviderKind::Vicidial => None,
    }
}

/// Whether calls of two providers may say the same name: one the other's, or both that of a third.
pub fn share_names(one: ProviderKind, other: ProviderKind) -> bool {
    let said = |it| [Some(it), names_calls_of(it)];
    said(one).into_iter().flatten().any(|it| said(other).contains(&Some(it)))
}

/// The aliases worth keeping of a call of this provider: those that join, each once, without the
/// call's own id.
pub fn kept(provider: ProviderKind, call: &Call) -> impl Iterator<Item = &Alias> {
    let own = move |alias: &Alias| {
        named_by(&alias.kind) == Some(provider) && alias.id == call.provider_call_id.0
    };
    let is_first = |nth: usize, alias: &Alias| !call.aliases[..nth].contains(alias);
    let all = call.aliases.iter().enumerate();
    all.filter(move |(nth, alias)| joins(&alias.kind) && !own(alias) && is_first(*nth, alias))
        .map(|(_, alias)| alias)
}
