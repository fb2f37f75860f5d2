//! What one call says about the person on its other side.

use crate::{Call, ContactFields, Country, Direction, ExternalId, Phone, ProviderKind};

/// What one call says about the person on its other side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Caller {
    /// The number of the person, in E.164.
    pub phone: Option<String>,
    /// An id of the person that another system gave out.
    pub external: Option<ExternalId>,
    /// What the call's agent learnt.
    pub fields: ContactFields,
}

impl Caller {
    /// Reads it from a call. `home` is the country of numbers written without one.
    ///
    /// Where a call has no number of the person, the one that was said in it stands for it; beside
    /// a number that was dialled, one that was said identifies nobody, since agents mishear.
    pub fn of(call: &Call, provider: ProviderKind, home: Country) -> Self {
        let fields = ContactFields::extracted(call.extracted.as_ref(), call.occurred_at.at, home);
        let said = || Phone::new(&fields.text("phone")?, home).e164;
        let phone = other_side(call).and_then(|phone| phone.e164.clone()).or_else(said);
        let external = external(call, provider);
        Self { phone, external, fields }
    }

    /// Whether it says anything by which a person can be told.
    pub fn is_nobody(&self) -> bool {
        self.phone.is_none() && self.external.is_none()
    }
}

/// The number of the person. A list that says neither direction nor called number has theirs.
fn other_side(call: &Call) -> Option<&Phone> {
    match call.direction {
        Some(Direction::Inbound) => call.from.as_ref(),
        Some(Direction::Outbound) => call.to.as_ref(),
        None if call.to.is_none() => call.from.as_ref(),
        None => None,
    }
}

fn external(call: &Call, provider: ProviderKind) -> Option<ExternalId> {
    match provider {
        ProviderKind::Vicidial => {
            let said = call.extracted.as_ref()?.get("vendor_lead_code")?;
            ExternalId::lead_code(said.as_str()?)
        }
        ProviderKind::HighlevelVoiceAi | ProviderKind::HighlevelConversations => {
            ExternalId::highlevel_contact(&call.contact.as_ref()?.provider_contact_id)
        }
        // Teli's contact ids are those of a campaign's list, and one person is in many.
        ProviderKind::Teli | ProviderKind::Twilio | ProviderKind::Elevenlabs => None,
    }
}
