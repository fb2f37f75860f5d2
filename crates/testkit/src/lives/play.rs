//! Our program living through a script.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Clock, RunKind, Timestamp, next_run};
use engine::sync::{RunReport, SyncError, SyncOptions, sync};
use providers::Tuning;
use providers::http::budget::Rate;
use simulators::{On, Options, Simulated, Truth, What, World, WorldSettings};
use store::{Scope, Store, StoreError};
use tokio::sync::watch;

use super::script::{Happens, Script};
use super::verdict;
use crate::{
    Follower, Gate, HandClock, KilledAfter, Kind, Rig, RigSettings, TestDb, wrong_in_books,
};

/// As the schedule does after our own database failed.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Whoever follows the changes of calls reads so many before each run.
const PAGE: usize = 7;

/// Nothing later than this is changed, deleted or brought back.
const RECENT: Duration = Duration::from_hours(6 * 24);

/// What a life came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lived {
    /// Runs that ended.
    pub runs: usize,
    /// Runs that were killed.
    pub killed: usize,
    /// Runs that our own database ended.
    pub without_database: usize,
    /// Calls the provider has in the end.
    pub calls: usize,
}

/// Lives through a script and demands that nothing was lost, doubled or miscounted; an error says
/// what was, one line each.
pub async fn live(db: Arc<TestDb>, script: &Script) -> Result<Lived, String> {
    let mut life = Life::begin(db, script).await;
    let wrong = life.play().await;
    if wrong.is_empty() { Ok(life.lived) } else { Err(wrong.join("\n")) }
}

/// The latch of the gate before our database, where there is one.
type Latch = Option<Arc<watch::Sender<bool>>>;

/// What events leave behind for the program and for the verdict.
#[derive(Default)]
struct Marks {
    /// The next run dies after so many steps.
    dies_after: Option<usize>,
    /// Whether the provider answers nobody or refuses us.
    is_provider_unwell: bool,
    /// Every call that was ever deleted, and the one that was last.
    deleted: BTreeSet<String>,
    deleted_last: Option<Truth>,
}

struct Life<'a> {
    script: &'a Script,
    rig: Rig,
    settings: RigSettings,
    marks: Arc<Mutex<Marks>>,
    lived: Lived,
    processes: usize,
    /// Between our program and its database, where it can go away.
    gate: Option<Gate>,
    /// The last day on which the connection was examined, and whether that ever found it wrong.
    examined_on: i64,
    is_said_to_be_wrong: bool,
    follower: Follower,
}

impl<'a> Life<'a> {
    async fn begin(db: Arc<TestDb>, script: &'a Script) -> Self {
        let clock = HandClock::at(script.begins);
        let world = World::generate(&WorldSettings {
            seed: script.seed,
            calls: script.calls,
            days: script.history_days,
            end: (script.begins - Duration::from_hours(1)).as_millis(),
            record_bytes: 800,
            ..WorldSettings::default()
        });
        let (switch, is_unlimited) = (script.switch, script.is_unlimited);
        let options = Options { switch, is_unlimited, ..Options::default() };
        let theirs = clock.for_simulator_ahead(script.provider_ahead_ms);
        let provider = simulators::start(script.provider, world, options, theirs).await;
        let provider: Arc<dyn Simulated> = Arc::from(provider.expect("a simulator starts"));
        let settings = RigSettings {
            calls: script.calls,
            days: script.history_days,
            now: script.begins,
            switch,
            keys: script
                .page_size
                .map(|size| ("page_size", size.to_string()))
                .into_iter()
                .collect(),
            tuning: Tuning {
                request_timeout: Duration::from_secs(2),
                rate: script.is_unlimited.then_some(Rate::Unlimited),
                ..Tuning::default()
            },
            ..RigSettings::default()
        };
        let marks = Arc::default();
        let (gate, through) = gate(&db, script).await;
        let latch = gate.as_ref().map(Gate::latch);
        for event in &script.events {
            let (what, marks, latch) = (event.what.clone(), Arc::clone(&marks), latch.clone());
            let (provider, time) = (Arc::clone(&provider), clock.clone());
            let at = script.begins + event.after;
            clock.when(at, move || happen(what, provider.as_ref(), &time, &marks, &latch));
        }
        let mut rig = Rig::around(db, Box::new(provider), clock, &settings).await;
        if let Some(through) = through {
            rig.ctx.store = through;
        }
        Self {
            script,
            rig,
            settings,
            marks,
            lived: Lived::default(),
            processes: 0,
            gate,
            examined_on: 0,
            is_said_to_be_wrong: false,
            follower: Follower::new(Scope::Operator),
        }
    }

    async fn play(&mut self) -> Vec<String> {
        let mut wrong = self.days().await;
        let last_read_at = self.quiet(&mut wrong).await;
        let deleted = self.marks().deleted.clone();
        wrong.extend(wrong_in_books(&self.rig.db).await);
        self.follower.catch_up(&self.rig.db.store, PAGE).await;
        wrong.extend(self.follower.wrong(&self.rig.db.store).await);
        let is_said = self.is_said_to_be_wrong;
        let calls = verdict::calls(&self.rig, self.script, &deleted, is_said, last_read_at);
        wrong.extend(calls.await);
        self.lived.calls = self.rig.truth().len();
        wrong
    }

    /// Reads on schedule until life becomes quiet.
    async fn days(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        let ends = self.script.begins + self.script.lasts;
        let rhythm = domain::Rhythm::Every(self.script.every);
        let mut left = 0;
        while self.rig.clock.now() < ends {
            if left == 0 {
                let now = self.rig.clock.now();
                let past = self.rig.db.store.runs_of_schedule(self.rig.source.row.id, 12).await;
                let due = next_run(&past.expect("runs can be read"), &rhythm, now).at.min(ends);
                if due > now {
                    self.rig.clock.pass(due.since(now));
                    continue;
                }
            }
            left = self.run(&mut wrong).await;
        }
        wrong
    }

    /// One run of the schedule; returns how many windows are left for the next.
    async fn run(&mut self, wrong: &mut Vec<String>) -> u64 {
        self.examine_once_a_day().await;
        self.follower.read(&self.rig.db.store, PAGE).await;
        let dies_after = self.marks().dies_after.take();
        let options = SyncOptions {
            kind: RunKind::Auto,
            windows_max: Some(self.script.windows_max),
            ..SyncOptions::manual()
        };
        let steps = dies_after.unwrap_or(usize::MAX);
        let work = Box::pin(sync(&self.rig.ctx, &self.rig.source, options));
        match (KilledAfter { steps, work }).await {
            None => {
                self.lived.killed += 1;
                self.restart().await;
                0
            }
            Some(Ok(report)) => {
                self.lived.runs += 1;
                wrong.extend(verdict::run(&report));
                if report.goes_on() { report.windows_left } else { 0 }
            }
            Some(Err(SyncError::AlreadyRunning { .. })) => {
                self.rig.clock.pass(LOOK_AGAIN);
                0
            }
            // A line that was cut in mid-run is noticed when the outage is over, too.
            Some(Err(SyncError::Store(
                StoreError::Unreachable { .. } | StoreError::LeaseLost { .. },
            ))) if self.gate.is_some() => {
                self.lived.without_database += 1;
                self.rig.clock.pass(LOOK_AGAIN * if self.is_database_away() { 20 } else { 1 });
                0
            }
            Some(Err(error)) => {
                wrong.push(format!("a run could not begin or end: {error}"));
                self.rig.clock.pass(LOOK_AGAIN);
                0
            }
        }
    }

    /// Another process takes over, which knows what is in the database and nothing else.
    async fn restart(&mut self) {
        // What the dead process had under way is dropped when its turn comes.
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        self.processes += 1;
        self.rig.ctx.holder = format!("process {}", self.processes);
        self.rig.reconnect(&self.settings).await;
        let lease = self.rig.ctx.settings.lease;
        self.rig.clock.pass(lease + Duration::from_secs(1));
    }

    /// What no list shows, a second enumeration of yesterday may, so somebody asks each day.
    async fn examine_once_a_day(&mut self) {
        let today = self.rig.clock.now().as_millis() / 86_400_000;
        let is_unwell = self.marks().is_provider_unwell || self.is_database_away();
        if self.script.switch.is_none() || today == self.examined_on || is_unwell {
            return;
        }
        self.examined_on = today;
        self.is_said_to_be_wrong |= verdict::is_said_to_be_wrong(&self.rig).await;
    }

    /// Everything is well again, and the tiers pass. Answers when the last run began.
    async fn quiet(&mut self, wrong: &mut Vec<String>) -> Timestamp {
        let mut began = self.rig.clock.now();
        self.rig.clock.pass(RECENT);
        self.rig.provider.calm_down();
        let last = self.rig.source.connection.capabilities().tiers.ages().last().copied();
        let settled = last.unwrap_or_default().mul_f64(1.25) + Duration::from_hours(24);
        for wait in [Duration::ZERO, Duration::from_hours(3), Duration::from_hours(26), settled] {
            self.rig.clock.pass(wait);
            began = self.rig.clock.now();
            let report = self.whole_run().await;
            wrong.extend(verdict::run(&report));
            if self.script.switch.is_none() && !report.success {
                let why = report.error.as_deref().unwrap_or("nobody says why");
                wrong.push(format!("all is well, and a run is {:?}: {why}", report.status));
            }
        }
        if self.script.switch.is_none() {
            wrong.extend(self.nothing_new_is_there().await);
        }
        began
    }

    /// What is here is what the provider has, to the letter.
    async fn nothing_new_is_there(&mut self) -> Option<String> {
        self.lived.runs += 1;
        let again = self.rig.sync_all().await;
        let (new, updated) = (again.new, again.updated);
        let sentence = || format!("read once more, {new} calls are new and {updated} are others");
        ((new, updated) != (0, 0)).then(sentence)
    }

    async fn whole_run(&mut self) -> RunReport {
        self.lived.runs += 1;
        let read = sync(&self.rig.ctx, &self.rig.source, SyncOptions::manual()).await;
        read.expect("our own database works")
    }

    fn is_database_away(&self) -> bool {
        self.gate.as_ref().is_some_and(|gate| *gate.latch().borrow())
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn happen(
    what: Happens,
    provider: &dyn Simulated,
    clock: &HandClock,
    marks: &Mutex<Marks>,
    latch: &Latch,
) {
    let now = clock.now();
    let mut marks = marks.lock().unwrap_or_else(PoisonError::into_inner);
    let nth_recent = |nth: usize| {
        let truth = provider.truth().into_iter();
        let recent = |at: i64| at > (now - RECENT).as_millis() && at <= now.as_millis();
        let mut calls: Vec<_> = truth.filter(|call| recent(call.occurred_at)).collect();
        calls.sort_by(|a, b| (b.occurred_at, &b.id).cmp(&(a.occurred_at, &a.id)));
        let nth = nth.checked_rem(calls.len())?;
        Some(calls.swap_remove(nth))
    };
    match what {
        Happens::CallBegins => drop(provider.add(now.as_millis())),
        Happens::CallComesLate(by) => drop(provider.add((now - by).as_millis())),
        Happens::CallChanges(nth) => {
            if let Some(call) = nth_recent(nth) {
                provider.change(&call.id);
            }
        }
        Happens::CallIsDeleted(nth) => {
            if let Some(call) = nth_recent(nth)
                && provider.remove(&call.id)
            {
                marks.deleted.insert(call.id.clone());
                marks.deleted_last = Some(call);
            }
        }
        Happens::CallIsBack => {
            // One that nobody has read before it went is found only while its time is read again.
            let is_recent = |call: &Truth| call.occurred_at > (now - RECENT).as_millis();
            if let Some(call) = marks.deleted_last.take_if(|call| is_recent(call)) {
                provider.restore(&call.id);
            }
        }
        Happens::ListsGoWrong(_, times, _) if provider.list_path().is_empty() => {
            provider.break_off(times);
        }
        Happens::ListsGoWrong(from, times, what) => {
            let on = On::path(provider.list_path()).from_nth(from).times(times);
            provider.strike(on.gives(what));
        }
        Happens::ProviderGoesAway => {
            marks.is_provider_unwell = true;
            provider.go_away();
        }
        Happens::ProviderRefusesUs => {
            marks.is_provider_unwell = true;
            let no = What::status(401, r#"{"message":"Invalid JWT"}"#);
            provider.strike(On::path("").forever().gives(no));
        }
        Happens::ProviderIsWell => {
            marks.is_provider_unwell = false;
            provider.calm_down();
        }
        Happens::WeDie(steps) => marks.dies_after = Some(steps),
        Happens::DatabaseGoesAway => shut(latch, true),
        Happens::DatabaseIsBack => shut(latch, false),
    }
}

fn shut(latch: &Latch, is_shut: bool) {
    if let Some(latch) = latch {
        latch.send_replace(is_shut);
    }
}

/// A gate before the database of a life in which that goes away, and the way through it.
async fn gate(db: &TestDb, script: &Script) -> (Option<Gate>, Option<Store>) {
    let goes_away = |what: &Happens| matches!(what, Happens::DatabaseGoesAway);
    let is_needed = script.events.iter().any(|event| goes_away(&event.what));
    if db.kind == Kind::Sqlite || !is_needed {
        return (None, None);
    }
    let (gate, through) = Gate::before(&db.url).await.expect("a loopback port is free");
    let store = Store::open(&through).await.expect("the gate is open");
    (Some(gate), Some(store))
}
