//! Making a world from its settings.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::call::{Action, Call, NewCall, Text};
use super::ids::Ids;
use super::people::{self, Agent, Contact, Language, Location, Numbers};
use super::rhythm::Rhythm;
use super::talk::{Talk, Topic};
use super::{World, WorldSettings};

/// What a call's JSON takes without its transcript, on average.
const BYTES_BESIDE_TRANSCRIPT: usize = 710;
/// How many calls one contact makes on average.
const CALLS_PER_CONTACT: usize = 5;
const DAY_MS: i64 = 86_400_000;

pub(super) fn world(settings: &WorldSettings) -> World {
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut ids = Ids::new(settings.seed);
    let mut numbers = Numbers::shuffled(&mut rng);
    let founded = settings.end - (i64::from(settings.days) + 90) * DAY_MS;
    let deleted = settings.deleted_agents;
    let agents = people::agents(settings.agents, deleted, founded, &mut ids, &mut numbers);
    let callers = settings.calls / CALLS_PER_CONTACT + 1;
    let contacts = people::contacts(callers, &mut rng, &mut ids, &mut numbers);
    let location = Location {
        id: ids.short(),
        name: "Maple Street Dental".to_owned(),
        timezone: settings.timezone.clone(),
        company_id: ids.short(),
    };

    let zone = TimeZone::posix(&settings.zone_rule).unwrap_or(TimeZone::UTC);
    let rhythm = Rhythm::over(settings.days, settings.end, &zone);
    let mut instants: Vec<i64> = (0..settings.calls).map(|_| rhythm.draw(&mut rng)).collect();
    instants.sort_unstable();

    let mut maker = Maker { settings, agents: &agents, contacts: &contacts, rng, ids };
    let calls: Vec<Call> = instants.into_iter().map(|at| maker.call(at)).collect();
    let ids = maker.ids;
    let by_id: HashMap<String, usize> =
        calls.iter().enumerate().map(|(at, call)| (call.id.clone(), at)).collect();
    World { location, agents, contacts, calls, by_id, ids, revision: 0 }
}

struct Maker<'a> {
    settings: &'a WorldSettings,
    agents: &'a [Agent],
    contacts: &'a [Contact],
    rng: ChaCha8Rng,
    ids: Ids,
}

impl Maker<'_> {
    fn call(&mut self, created_at: i64) -> Call {
        let rng = &mut self.rng;
        let is_trial = rng.random_bool(self.settings.trial_share);
        let agent = self.agents.choose(rng);
        let is_unsaid = rng.random_bool(self.settings.without_agent_share);
        let contact = self.contacts.choose(rng).filter(|_| !is_trial);
        let talk = self.talk(agent.map_or(Language::English, |agent| agent.language));
        let duration = self.duration(&talk);
        NewCall {
            id: None,
            agent_id: agent.filter(|_| !is_unsaid).map(|agent| agent.id.clone()),
            contact_id: contact.map(|contact| contact.id.clone()),
            from_number: contact.map(|contact| contact.phone.clone()),
            created_at,
            duration,
            is_trial,
            actions: self.actions(created_at, talk.topic),
            summary: talk.summary(contact.map_or("Caller", |contact| &contact.name)),
            transcript: Text::Spoken(talk),
            extracted_data: self.extracted(talk.topic, contact, agent),
            message_id: contact.map(|_| self.ids.short()),
            hidden_until: None,
        }
        .into_call(&mut self.ids)
    }

    fn talk(&mut self, language: Language) -> Talk {
        let topics = [Topic::Booking, Topic::Pricing, Topic::Reschedule, Topic::Support];
        let topic = if self.rng.random_bool(0.06) {
            Topic::HangUp
        } else {
            topics[self.rng.random_range(0..topics.len())]
        };
        // Hang-ups are short, so the others are a little longer than the mean.
        let mean = self.settings.record_bytes.saturating_sub(BYTES_BESIDE_TRANSCRIPT) * 21 / 20;
        let bytes = self.rng.random_range(mean / 2..=mean + mean / 2);
        Talk { topic, language, seed: self.rng.random(), bytes }
    }

    fn duration(&mut self, talk: &Talk) -> u32 {
        if talk.topic == Topic::HangUp {
            return self.rng.random_range(0..9);
        }
        // About fourteen letters a second, with pauses; one call in ten is put on hold.
        let spoken = u32::try_from(talk.bytes / 14).unwrap_or(0) + 12;
        let pauses = self.rng.random_range(0..=spoken);
        let hold = if self.rng.random_bool(0.1) { self.rng.random_range(60..900) } else { 0 };
        spoken + pauses + hold
    }

    fn actions(&mut self, created_at: i64, topic: Topic) -> Vec<Action> {
        let kinds: &[(&str, &str)] = match topic {
            Topic::Booking => {
                &[("APPOINTMENT_BOOKING", "Book appointment"), ("SMS", "Send confirmation SMS")]
            }
            Topic::Pricing => &[("KNOWLEDGE_BASE", "Price list")],
            Topic::Reschedule => &[("WORKFLOW_TRIGGER", "Reschedule workflow")],
            Topic::Support => &[("CALL_TRANSFER", "Transfer to the office")],
            Topic::HangUp => &[],
        };
        let wanted = self.rng.random_range(0..=kinds.len());
        kinds[..wanted]
            .iter()
            .zip(1..)
            .map(|(&(action_type, name), nth)| Action {
                id: self.ids.object(created_at - DAY_MS),
                action_type: action_type.to_owned(),
                name: name.to_owned(),
                triggered_at: created_at + nth * 7_000,
            })
            .collect()
    }

    fn extracted(
        &mut self,
        topic: Topic,
        contact: Option<&Contact>,
        agent: Option<&Agent>,
    ) -> Option<String> {
        if topic == Topic::HangUp || self.rng.random_bool(0.2) {
            return None;
        }
        // Speech recognition gets a business name wrong now and then.
        let heard_wrong = self.rng.random_bool(0.1);
        let business = agent.map(|agent| {
            let name = &agent.business_name;
            if heard_wrong { name.to_lowercase().replace(' ', "") } else { name.clone() }
        });
        let data = serde_json::json!({
            "name": contact.map(|contact| &contact.name),
            "reason": topic.label(),
            "business_name": business,
        });
        Some(data.to_string())
    }
}
