//! What happens in a life: a pure function of its seed.

use std::time::Duration;

use domain::Timestamp;
use simulators::faults::{BadRecord, Echo};
use simulators::{NewCall, What};

use crate::{Dice, instant};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Nothing appears or changes later than this after its call: the last tier of every provider is
/// older, and what happens after it nobody promises to see.
const LATEST: Duration = Duration::from_hours(6 * 24);

/// Everything that will happen in one life.
#[derive(Debug, Clone)]
pub struct Script {
    /// What made it.
    pub seed: u64,
    /// Which provider is read.
    pub provider: &'static str,
    /// One belief about it turned round, by its name in [`simulators::switches()`].
    pub switch: Option<&'static str>,
    /// When our program is started for the first time.
    pub begins: Timestamp,
    /// Days of calls the provider has by then.
    pub history_days: u32,
    /// How many calls that are.
    pub calls: usize,
    /// How long life goes on before it becomes quiet.
    pub lasts: Duration,
    /// How often the source is read.
    pub every: Duration,
    /// Windows a run proves at most.
    pub windows_max: usize,
    /// How far the provider's clock runs ahead of ours.
    pub provider_ahead_ms: i64,
    /// Whether the provider answers as often as it is asked.
    pub is_unlimited: bool,
    /// In the order they happen.
    pub events: Vec<Event>,
    /// Calls on a page of its list, where we say how many; few, so that lists have several pages.
    pub page_size: Option<u32>,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub struct Event {
    /// How long after the beginning.
    pub after: Duration,
    /// What.
    pub what: Happens,
}

/// What may happen.
#[derive(Debug, Clone)]
pub enum Happens {
    /// A call begins, and is on the provider's records at once.
    CallBegins,
    /// A call that began so long ago gets on the provider's records.
    CallComesLate(Duration),
    /// The record of a call of the last days changes: which, counted from the newest.
    CallChanges(usize),
    /// A call of the last days is deleted at the provider.
    CallIsDeleted(usize),
    /// The call that was deleted last is back.
    CallIsBack,
    /// Something goes wrong with the next lists: after how many, how often, and what.
    ListsGoWrong(usize, usize, What),
    /// The provider answers nobody.
    ProviderGoesAway,
    /// The provider refuses our credential.
    ProviderRefusesUs,
    /// Whatever was wrong at the provider is over.
    ProviderIsWell,
    /// Our process dies in its next run, after so many steps.
    WeDie(usize),
    /// Our database cannot be reached; not on SQLite, where there is no network.
    DatabaseGoesAway,
    /// It is back.
    DatabaseIsBack,
}

impl Script {
    /// The script of this seed.
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let provider = provider(&mut dice);
        let switches = simulators::switches(provider);
        let switch = dice.one_in(2).then(|| dice.one_of(&switches));
        let lasts = DAY * 7 + dice.within(DAY * 2);
        let mut script = Self {
            seed,
            provider,
            switch,
            // A quiet week, and the two weeks in which New York changes its clocks.
            begins: instant(dice.one_of(&[
                "2026-03-31T12:00:00Z",
                "2026-03-05T09:30:00Z",
                "2026-10-29T17:00:00Z",
            ])),
            history_days: 2 + u32::try_from(dice.roll(9)).unwrap_or(0),
            calls: 15 + dice.small(40),
            lasts,
            every: HOUR * dice.one_of(&[2, 4, 6, 8, 12]),
            windows_max: dice.one_of(&[1, 2, 5, 24]),
            provider_ahead_ms: dice.one_of(&[0, 0, 1, -1])
                * i64::try_from(dice.roll(300_001)).unwrap_or(0),
            is_unlimited: !dice.one_in(4),
            events: Vec::new(),
            page_size: None,
        };
        script.fill(&mut dice);
        let has_page_size = ["elevenlabs", "highlevel_conversations", "highlevel_voice_ai"];
        script.page_size =
            has_page_size.contains(&provider).then(|| dice.one_of(&[10, 12, 25, 50]));
        script.events.sort_by_key(|event| event.after);
        script
    }

    fn fill(&mut self, dice: &mut Dice) {
        for _ in 0..10 + dice.small(25) {
            let what = match dice.roll(10) {
                0..5 => Happens::CallBegins,
                5..7 => Happens::CallComesLate(lateness(dice)),
                7 => Happens::CallChanges(dice.small(20)),
                8 => Happens::CallIsDeleted(dice.small(20)),
                _ => Happens::CallIsBack,
            };
            self.at_some_time(dice, what);
        }
        for _ in 0..dice.small(8) {
            let what = what(dice, self);
            let times = if matches!(what, What::Hang) { 1 } else { 1 + dice.small(4) };
            let goes_wrong = Happens::ListsGoWrong(1 + dice.small(6), times, what);
            self.at_some_time(dice, goes_wrong);
        }
        for _ in 0..dice.small(4) {
            let steps = 1 + dice.small(80);
            self.at_some_time(dice, Happens::WeDie(steps));
        }
        for _ in 0..dice.small(3) {
            let (goes, comes) = match dice.roll(4) {
                0 => (Happens::ProviderRefusesUs, Happens::ProviderIsWell),
                1 => (Happens::DatabaseGoesAway, Happens::DatabaseIsBack),
                _ => (Happens::ProviderGoesAway, Happens::ProviderIsWell),
            };
            let longest = if dice.one_in(3) { HOUR * 72 } else { HOUR * 6 };
            let (after, length) = (dice.within(self.lasts), dice.within(longest));
            self.events.push(Event { after, what: goes });
            self.events.push(Event { after: after + length, what: comes });
        }
    }

    fn at_some_time(&mut self, dice: &mut Dice, what: Happens) {
        self.events.push(Event { after: dice.within(self.lasts), what });
    }

    /// Whether the provider counts its calls, so that a list that lacks some betrays itself.
    fn has_totals(&self) -> bool {
        self.provider.starts_with("highlevel")
    }
}

/// All alike, but for the one whose world is a database to be made and dropped.
fn provider(dice: &mut Dice) -> &'static str {
    if dice.one_in(16) {
        return "vicidial";
    }
    let others: Vec<_> =
        simulators::PROVIDERS.iter().copied().filter(|name| *name != "vicidial").collect();
    dice.one_of(&others)
}

fn lateness(dice: &mut Dice) -> Duration {
    let longest = dice.one_of(&[MINUTE * 20, HOUR * 3, DAY * 2, LATEST]);
    dice.within(longest)
}

/// What goes wrong with a list. Lies that nobody could notice are told only by providers whose
/// totals contradict them, and only under the beliefs those totals are read by.
fn what(dice: &mut Dice, script: &Script) -> What {
    // A client gives up in real time, so few lives wait for that.
    if dice.one_in(60) {
        return What::Hang;
    }
    let ago = lateness(dice);
    let honest = [
        What::status(500, "{}"),
        What::status(503, "{}"),
        What::status(401, r#"{"message":"Invalid JWT"}"#),
        What::Html(502),
        What::TooMany429 { retry_after: Some(1 + dice.roll(90)), with_headers: false },
        What::TooMany429 { retry_after: None, with_headers: false },
        What::EmptyBody,
        What::HalfBody,
        What::CloseMidBody,
        What::WrongContentLength,
        What::RawControlCharacters,
        What::LoseResponseAfterEffect,
        What::RepeatRecord(dice.small(10)),
        What::BadRecords(vec![(dice.small(10), BadRecord::WithoutId)]),
        What::BadRecords(vec![(dice.small(10), BadRecord::NotAnObject)]),
        What::Shuffle(dice.roll(1000)),
        // Pages shift while they are read.
        What::then_mutate(move |world| {
            let newest = world.calls().iter().map(|call| call.created_at).max().unwrap_or(0);
            let ago = i64::try_from(ago.as_millis()).unwrap_or(0);
            world.insert(NewCall::at(newest - ago / 8));
        }),
    ];
    let contradicted = [
        What::ErrorBodyWith200,
        What::EmptyPage200,
        What::RepeatPage { page: 1, echo: Echo::Asked },
        What::RepeatPage { page: 2, echo: Echo::Served },
        What::EchoOtherPage(9),
        What::TotalPlus(1),
        What::OmitRecord(dice.small(10)),
    ];
    let can_lie = script.has_totals() && script.switch.is_none();
    if can_lie && dice.one_in(3) { dice.one_of(&contradicted) } else { dice.one_of(&honest) }
}
