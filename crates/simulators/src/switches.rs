//! Beliefs about providers, turned round one at a time.
//!
//! What a provider's documentation leaves open is a field of its simulator's settings, set to what
//! is believed. Each provider lists here, by name, what else it could be, so that whoever reads a
//! provider can be asked to do so under every one of them.

use std::io;

use crate::{elevenlabs, highlevel_conversations, highlevel_voice_ai, teli, twilio, vicidial};

/// What else a provider's settings could be, each with its name.
pub(crate) type Switches<S> = &'static [(&'static str, fn(&mut S))];

/// The names of everything about this provider that can be turned round, alone; none for one that
/// is not simulated.
pub fn switches(provider: &str) -> Vec<&'static str> {
    match provider {
        "elevenlabs" => names(elevenlabs::SWITCHES),
        "highlevel_voice_ai" => names(highlevel_voice_ai::SWITCHES),
        "highlevel_conversations" => names(highlevel_conversations::SWITCHES),
        "teli" => names(teli::SWITCHES),
        "twilio" => names(twilio::SWITCHES),
        "vicidial" => names(vicidial::SWITCHES),
        _ => Vec::new(),
    }
}

fn names<S>(switches: Switches<S>) -> Vec<&'static str> {
    switches.iter().map(|(name, _)| *name).collect()
}

/// The settings with the switch of this name turned.
pub(crate) fn turned<S>(
    mut settings: S,
    switches: Switches<S>,
    name: Option<&str>,
) -> io::Result<S> {
    let Some(name) = name else { return Ok(settings) };
    let found = switches.iter().find(|(known, _)| *known == name);
    let (_, turn) =
        found.ok_or_else(|| io::Error::other(format!("there is no switch `{name}`")))?;
    turn(&mut settings);
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use super::*;

    /// The fields of settings as they print, by name.
    fn fields(settings: &impl Debug) -> BTreeMap<String, String> {
        let printed = format!("{settings:#?}");
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut name = String::new();
        for line in printed.lines() {
            let field =
                line.strip_prefix("    ").filter(|rest| !rest.starts_with([' ', '}', ']', ')']));
            if let Some((field, _)) = field.and_then(|rest| rest.split_once(':')) {
                field.clone_into(&mut name);
            }
            fields.entry(name.clone()).or_default().push_str(line);
        }
        fields
    }

    /// Every field but these is turned by a switch, every switch turns something, no name is there
    /// twice. What these are not is a belief: how the wire behaves.
    fn check<S: Clone + Debug>(usual: &S, switches: Switches<S>, wire: &[&str]) {
        let before = fields(usual);
        let mut unturned: Vec<&str> = before.keys().map(String::as_str).collect();
        unturned.retain(|name| !name.is_empty() && !wire.contains(name));
        for (name, turn) in switches {
            assert_eq!(switches.iter().filter(|(other, _)| other == name).count(), 1, "{name}");
            let mut turned = usual.clone();
            turn(&mut turned);
            let after = fields(&turned);
            let differing = before.iter().filter(|(field, value)| after[*field] != **value);
            let differing: Vec<&String> = differing.map(|(field, _)| field).collect();
            assert!(!differing.is_empty(), "`{name}` turns nothing");
            unturned.retain(|field| differing.iter().all(|other| *other != field));
        }
        assert!(unturned.is_empty(), "no switch turns {unturned:?}");
    }

    const HTTP: [&str; 4] = ["port", "latency_ms", "gzip", "clock_skew_ms"];

    /// What the account holds is no belief either: tests set it up as they need it.
    const HELD_BY_ELEVENLABS: [&str; 3] = ["webhooks", "webhook_events", "agent_has_webhook"];
    const HELD_BY_TWILIO: [&str; 4] =
        ["numbers", "deleted_recordings", "recorded_share", "is_subaccount"];

    #[test]
    fn every_belief_has_a_switch() {
        let held = [HTTP.as_slice(), &HELD_BY_ELEVENLABS].concat();
        check(&elevenlabs::Settings::default(), elevenlabs::SWITCHES, &held);
        check(&highlevel_voice_ai::Settings::without_limits(), highlevel_voice_ai::SWITCHES, &HTTP);
        let conversations = highlevel_conversations::Settings::without_limits();
        check(&conversations, highlevel_conversations::SWITCHES, &HTTP);
        check(&teli::Settings::default(), teli::SWITCHES, &HTTP);
        let held = [HTTP.as_slice(), &HELD_BY_TWILIO].concat();
        check(&twilio::Settings::default(), twilio::SWITCHES, &held);
        check(&vicidial::Settings::default(), vicidial::SWITCHES, &[]);
    }
}
