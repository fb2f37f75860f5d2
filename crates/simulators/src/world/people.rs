//! Agents, contacts and the business they belong to. All of them fictional.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::ids::Ids;

/// The sub-account of the business.
#[derive(Debug, Clone)]
pub struct Location {
    /// 20 alphanumeric characters.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its IANA zone.
    pub timezone: String,
    /// The agency it belongs to.
    pub company_id: String,
}

/// The language an agent speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `en-US`.
    English,
    /// `es`.
    Spanish,
}

/// An AI agent that takes calls.
#[derive(Debug, Clone)]
pub struct Agent {
    /// 24 hex digits.
    pub id: String,
    /// Such as `Front Desk – ENG`.
    pub name: String,
    /// Whose phone it answers.
    pub business_name: String,
    /// Its number, when it has one of its own.
    pub inbound_number: Option<String>,
    /// What it speaks.
    pub language: Language,
    /// No longer listed, though its calls remain.
    pub is_deleted: bool,
}

/// Somebody who called.
#[derive(Debug, Clone)]
pub struct Contact {
    /// 20 alphanumeric characters.
    pub id: String,
    /// First and last name.
    pub name: String,
    /// E.164, in a range reserved for fiction.
    pub phone: String,
}

const AREA_CODES: [u16; 96] = [
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225,
    228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281,
    301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321,
    323, 325, 330, 334, 336, 337, 339, 347, 351, 352, 360, 361, 386, 401, 402, 404, 405, 406, 407,
    408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 425, 430, 432, 434, 435, 440, 443, 469, 470,
    479,
];

const FIRST_NAMES: [&str; 32] = [
    "Ava", "Noah", "Mia", "Liam", "Zoë", "Ethan", "Priya", "Omar", "José", "Lucía", "Hannah",
    "Caleb", "Mei", "Diego", "Renée", "Isaac", "Fatima", "Owen", "Chloe", "Mateo", "Grace",
    "Aaliyah", "Søren", "Ruth", "Kwame", "Elena", "Tariq", "Nora", "Felix", "Ingrid", "Paolo",
    "Yuki",
];

const LAST_NAMES: [&str; 30] = [
    "Alvarez",
    "Brooks",
    "Chen",
    "Dawson",
    "Ellis",
    "Foster",
    "García",
    "Hughes",
    "Iyer",
    "Jensen",
    "Kim",
    "Larsen",
    "Moreau",
    "Nguyen",
    "O’Neill",
    "Patel",
    "Quinn",
    "Reyes",
    "Schröder",
    "Torres",
    "Usman",
    "Vargas",
    "Walsh",
    "Xu",
    "Young",
    "Zimmerman",
    "Okafor",
    "Peña",
    "Rossi",
    "Novak",
];

const BUSINESSES: [&str; 12] = [
    "Maple Street Dental",
    "Bluebird Plumbing & Heating",
    "Harborview Roofing",
    "Cedar Lane Veterinary",
    "Summit Auto Glass",
    "Riverbend Physical Therapy",
    "Lantern Real Estate",
    "Copper Kettle Catering",
    "Northside Pest Control",
    "Willow & Pine Landscaping",
    "Clearwater Pool Care",
    "Old Mill Insurance",
];

const ROLES: [&str; 6] = ["Front Desk", "Agent", "Booking", "After Hours", "Intake", "Overflow"];

/// Every number reserved for fiction in the area codes we know, each to be given out once.
pub(super) struct Numbers(Vec<String>);

impl Numbers {
    pub(super) fn shuffled(rng: &mut ChaCha8Rng) -> Self {
        let mut all: Vec<String> = AREA_CODES
            .iter()
            .flat_map(|area| (100..200).map(move |line| format!("+1{area}5550{line}")))
            .collect();
        all.shuffle(rng);
        Self(all)
    }

    pub(super) fn take(&mut self) -> Option<String> {
        self.0.pop()
    }
}

/// Agents, the first ones live and the last ones deleted.
pub(super) fn agents(
    count: usize,
    deleted: usize,
    founded: i64,
    ids: &mut Ids,
    numbers: &mut Numbers,
) -> Vec<Agent> {
    (0..count)
        .map(|nth| {
            let language = if nth % 4 == 3 { Language::Spanish } else { Language::English };
            let tag = if language == Language::Spanish { "ESP" } else { "ENG" };
            let role = ROLES[nth % ROLES.len()];
            let series = nth / ROLES.len();
            let name = if series == 0 {
                format!("{role} – {tag}")
            } else {
                format!("{role} {} – {tag}", series + 1)
            };
            Agent {
                id: ids.object(founded + nth as i64 * 3_600_000),
                name,
                business_name: BUSINESSES[nth % BUSINESSES.len()].to_owned(),
                inbound_number: numbers.take(),
                language,
                is_deleted: nth + deleted >= count,
            }
        })
        .collect()
}

/// Contacts, no more than there are fictional numbers left.
pub(super) fn contacts(
    count: usize,
    rng: &mut ChaCha8Rng,
    ids: &mut Ids,
    numbers: &mut Numbers,
) -> Vec<Contact> {
    std::iter::from_fn(|| numbers.take())
        .take(count)
        .map(|phone| Contact { id: ids.short(), name: person(rng), phone })
        .collect()
}

/// A first and a last name.
fn person(rng: &mut ChaCha8Rng) -> String {
    let first = FIRST_NAMES.choose(rng).copied().unwrap_or("Ava");
    let last = LAST_NAMES[rng.random_range(0..LAST_NAMES.len())];
    format!("{first} {last}")
}
