//! One conversation with several witnesses: joined whichever comes first, shown to whom it
//! belongs, and a check of completeness of one source by another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::legs::NotJudged;
use domain::{ProviderCallId, Window};
use engine::agents::agents_fetch;
use engine::legs::{CaughtUp, CheckOptions, LegsReport, Unread, catch_up, check};
use engine::place;
use simulators::{Options, Simulated, World, WorldSettings, elevenlabs, vicidial};
use store::{CallKey, LegRow, Scope};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};

use crate::play::{DAY, HOUR};

const CALLS: usize = 60;

/// Two providers that see the calls of one world, in one database, on one clock.
pub struct Two {
    /// The one that names calls of the other.
    pub naming: Rig,
    /// The one whose calls are named.
    pub named: Rig,
}

impl Two {
    pub async fn set(db: &Arc<TestDb>, naming: &'static str, named: &'static str) -> Self {
        Self::of_world(db, (naming, named), &world(RigSettings::default().days)).await
    }

    /// Lines on which much goes on within a day, so that some are put through to others.
    pub async fn busy_lines(db: &Arc<TestDb>, seed: u64) -> Self {
        let world = WorldSettings { seed, ..world(1) };
        Self::of_world(db, ("elevenlabs", "twilio"), &world).await
    }

    async fn of_world(
        db: &Arc<TestDb>,
        (naming, named): (&'static str, &'static str),
        world: &WorldSettings,
    ) -> Self {
        let clock = HandClock::at(RigSettings::default().now);
        let naming = rig(db, naming, &clock, world).await;
        Self { naming, named: rig(db, named, &clock, world).await }
    }

    /// Conversations at ElevenLabs and the lines they went over.
    pub async fn lines(db: &Arc<TestDb>) -> Self {
        Self::set(db, "elevenlabs", "twilio").await
    }

    /// Calls of AI agents and the messages they are in the sub-account.
    async fn messages(db: &Arc<TestDb>) -> Self {
        Self::set(db, "highlevel_voice_ai", "highlevel_conversations").await
    }

    pub async fn read_both(&self) {
        read_whole(&self.naming).await;
        read_whole(&self.named).await;
    }

    /// What the naming source's calls name, and what became of it.
    async fn check(&self) -> LegsReport {
        let now = self.naming.ctx.now();
        let window = Window::new(self.naming.source.row.since, now).unwrap();
        let source = Some(self.naming.source.row.id);
        let options = CheckOptions { source, window, listed_max: 1000 };
        let reports = check(&self.naming.ctx.store, &options).await.unwrap();
        let beside = &reports[0].beside;
        let not_judged: u64 = beside.not_judged.values().sum();
        assert_eq!(beside.named, beside.seen + beside.missing + not_judged, "{reports:#?}");
        reports.into_iter().next().unwrap()
    }

    /// Each call of the naming source, by its id, with the one other it names.
    pub async fn named(&self) -> BTreeMap<String, String> {
        let window = Window::new(self.naming.source.row.since, self.naming.ctx.now()).unwrap();
        let (store, source) = (&self.naming.ctx.store, self.naming.source.row.id);
        let calls = store.calls_with_aliases(Scope::Operator, source, window, None, 10_000);
        let calls = calls.await.unwrap().into_iter().filter(|call| !call.aliases.is_empty());
        calls.map(|call| (call.provider_call_id, call.aliases[0].id.clone())).collect()
    }
}

fn world(days: u32) -> WorldSettings {
    WorldSettings {
        calls: CALLS,
        days,
        end: (RigSettings::default().now - HOUR).as_millis(),
        record_bytes: 800,
        ..WorldSettings::default()
    }
}

async fn rig(
    db: &Arc<TestDb>,
    provider: &'static str,
    clock: &HandClock,
    world: &WorldSettings,
) -> Rig {
    let days = world.days;
    let settings = RigSettings { calls: CALLS, name: provider, days, ..RigSettings::default() };
    let world = World::generate(world);
    let time = clock.for_simulator();
    let running: Box<dyn Simulated> = if provider == "elevenlabs" {
        // Whoever is not answered still went over a line; these stories need no such call.
        let switches = elevenlabs::Settings { unanswered_share: 0.0, ..Default::default() };
        Box::new(elevenlabs::Simulator::start(world, switches, time).await.unwrap())
    } else {
        let options = Options { is_unlimited: true, ..Options::default() };
        simulators::start(provider, world, options, time).await.unwrap()
    };
    Rig::around(Arc::clone(db), running, clock.clone(), &settings).await
}

pub async fn read_whole(rig: &Rig) {
    let report = rig.sync().await;
    assert!(report.success, "{report:#?}");
}

/// The other witnesses of a call, as `source:id`.
async fn legs(rig: &Rig, scope: Scope, id: &str) -> Vec<String> {
    let key = CallKey { source: rig.source.row.id, id: ProviderCallId(id.to_owned()) };
    let legs = rig.ctx.store.legs_of(scope, &key).await.unwrap();
    legs.into_iter()
        .map(|LegRow { source, provider_call_id, .. }| format!("{source}:{provider_call_id}"))
        .collect()
}

/// Every name that is held, in a number that changes with any of them.
async fn names_held(db: &TestDb) -> (i64, i64) {
    let count = db.number("SELECT COUNT(*) FROM aliases").await;
    let sum = "SELECT CAST(COALESCE(SUM(LENGTH(alias_id) * LENGTH(provider_call_id)
               + LENGTH(kind) * source_id), 0) AS BIGINT) FROM aliases";
    (count, db.number(sum).await)
}

/// Whoever comes second, both see each other.
async fn are_joined(two: &Two) {
    let named = two.named().await;
    assert!(named.len() > CALLS / 2, "{named:#?}");
    for (call, name) in &named {
        let other = format!("{}:{name}", two.named.source.row.name);
        let own = format!("{}:{call}", two.naming.source.row.name);
        let seen = legs(&two.naming, Scope::Operator, call).await;
        assert!(seen.contains(&other), "{call} is seen by {seen:?}");
        let seen = legs(&two.named, Scope::Operator, name).await;
        assert!(seen.contains(&own), "{name} is seen by {seen:?}");
    }
    let report = two.check().await;
    let beside = &report.beside;
    assert_eq!((beside.named, beside.missing), (named.len() as u64, 0), "{report:#?}");
    assert_eq!(beside.seen, beside.named, "{report:#?}");
    assert_eq!(beside.by[&two.named.source.row.name], beside.seen);
}

on_both_databases! {
    async fn a_conversation_is_joined_with_its_line_when_the_line_comes_first(db) {
        let two = Two::lines(&db).await;
        read_whole(&two.named).await;
        read_whole(&two.naming).await;
        are_joined(&two).await;
    }

    async fn a_conversation_is_joined_with_its_line_when_the_line_comes_later(db) {
        let two = Two::lines(&db).await;
        two.read_both().await;
        are_joined(&two).await;
    }

    async fn a_call_of_an_agent_is_joined_with_its_message(db) {
        let two = Two::messages(&db).await;
        two.read_both().await;
        are_joined(&two).await;
    }

    /// A thread has many calls; the message alone names one.
    async fn calls_of_one_thread_are_not_one_conversation(db) {
        let two = Two::messages(&db).await;
        two.read_both().await;
        for id in two.named.calls().await.keys() {
            let seen = legs(&two.named, Scope::Operator, id).await;
            let messages = seen.iter().filter(|leg| leg.starts_with("highlevel_conversations"));
            assert_eq!(messages.count(), 0, "{id} is seen by {seen:?}");
            assert!(seen.len() <= 1, "{id} is seen by {seen:?}");
        }
        let threads = "SELECT COUNT(*) FROM aliases WHERE kind = 'highlevel_conversation'";
        assert_eq!(db.number(threads).await, 0);
    }

    /// The other side has proved its list, and the call is not in it.
    async fn a_call_the_other_source_lacks_is_named(db) {
        let two = Two::lines(&db).await;
        read_whole(&two.naming).await;
        let day_ago = (two.naming.ctx.now() - DAY).as_millis();
        let calls = two.naming.calls().await;
        let named = two.named().await;
        let older = named.iter().find(|(call, _)| calls[*call].occurred_at < day_ago).unwrap();
        assert!(two.named.provider.remove(older.1));
        read_whole(&two.named).await;
        let report = two.check().await;
        let beside = &report.beside;
        assert_eq!(beside.seen + 1, named.len() as u64, "{report:#?}");
        assert_eq!((beside.missing, beside.missing_calls.len()), (1, 1));
        let missing = &beside.missing_calls[0];
        assert_eq!((&missing.named_by, &missing.call_id), older);
        assert_eq!(missing.at.as_millis(), calls[older.0].occurred_at);
        assert_eq!(beside.not_judged, BTreeMap::new());
    }

    /// Nobody looked, so nothing is missing.
    async fn what_nobody_looked_for_is_not_missing(db) {
        let two = Two::lines(&db).await;
        read_whole(&two.naming).await;
        let report = two.check().await;
        assert_eq!((report.beside.seen, report.beside.missing), (0, 0));
        let not_judged = BTreeMap::from([(NotJudged::NotCovered, report.beside.named)]);
        assert_eq!(report.beside.not_judged, not_judged);
    }

    async fn what_is_named_of_no_source_is_not_missing(db) {
        let clock = HandClock::at(RigSettings::default().now);
        let naming = rig(&db, "elevenlabs", &clock, &world(RigSettings::default().days)).await;
        read_whole(&naming).await;
        let window = Window::new(naming.source.row.since, naming.ctx.now()).unwrap();
        let options = CheckOptions { source: None, window, listed_max: 1000 };
        let reports = check(&naming.ctx.store, &options).await.unwrap();
        let beside = &reports[0].beside;
        assert!(beside.named > 0 && beside.missing == 0, "{reports:#?}");
        assert_eq!(beside.not_judged, BTreeMap::from([(NotJudged::NoSource, beside.named)]));
        assert_eq!(beside.by, BTreeMap::new());
    }

    /// A member sees legs of its own account, and learns nothing of others.
    async fn a_leg_of_another_account_is_not_shown(db) {
        let two = Two::lines(&db).await;
        two.read_both().await;
        agents_fetch(&two.naming.ctx, &two.naming.source).await.unwrap();
        let (store, now) = (&two.naming.ctx.store, two.naming.ctx.now());
        let agents = store.agents_list(two.naming.source.row.id, now).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let account = tx.account_ensure("Maple", now).await.unwrap().id;
        tx.commit().await.unwrap();
        for agent in agents {
            let assignment = place::for_ever(domain::AgentId(agent.agent_id), account);
            place::assign(store, assignment, "a person", now).await.unwrap();
        }
        let calls = two.naming.calls().await;
        let named = two.named().await;
        let placed = named.iter().filter(|(call, _)| calls[*call].account.is_some());
        let placed: Vec<_> = placed.collect();
        assert!(!placed.is_empty());
        for (call, name) in placed {
            // The line belongs to nobody yet.
            assert_eq!(legs(&two.naming, Scope::Account(account), call).await, [""; 0]);
            assert_eq!(legs(&two.named, Scope::Account(account), name).await, [""; 0]);
            assert!(!legs(&two.naming, Scope::Operator, call).await.is_empty());
        }
    }

    async fn reading_again_changes_no_name(db) {
        let two = Two::lines(&db).await;
        two.read_both().await;
        let before = (names_held(&db).await, two.named().await);
        assert!(before.0.0 > 0);
        two.naming.sync_all().await;
        two.named.sync_all().await;
        assert_eq!((names_held(&db).await, two.named().await), before);
    }

    /// A database from before names were kept: runs read them from the records that are there.
    async fn names_of_calls_stored_earlier_are_read_by_the_next_runs(db) {
        let two = Two::lines(&db).await;
        two.read_both().await;
        let before = (names_held(&db).await, two.named().await);
        db.execute(
            "DELETE FROM aliases;
             INSERT INTO aliases_unread SELECT source_id, 9223372036854775807, '' FROM sources;",
        )
        .await;
        let report = two.check().await;
        assert_eq!(report.beside.named, 0);
        assert_eq!(report.unread, BTreeMap::from([(Unread::StoredEarlier, report.calls)]));
        read_whole(&two.naming).await;
        read_whole(&two.named).await;
        assert_eq!((names_held(&db).await, two.named().await), before);
        assert_eq!(db.number("SELECT COUNT(*) FROM aliases_unread").await, 0);
        let again = catch_up(&two.naming.ctx, &two.naming.source, 100).await.unwrap();
        assert_eq!(again, CaughtUp::default());
        are_joined(&two).await;
    }

    /// The rows of one call share the second of their channel and their lead, whatever else of
    /// the `uniqueid` was rewritten; another lead's row of that channel is another call.
    async fn rows_of_one_vicidial_call_are_one_and_no_others(db) {
        let settings = RigSettings { calls: 20, days: 3, ..RigSettings::default() };
        let clock = HandClock::at(settings.now);
        let world = World::generate(&WorldSettings {
            calls: settings.calls,
            days: settings.days,
            end: (settings.now - HOUR).as_millis(),
            ..WorldSettings::default()
        });
        let (site, options) = (vicidial::Settings::default(), Options::default());
        let time = clock.for_simulator();
        let started = vicidial::Simulator::start(world, site, options, time).await;
        let cluster = Arc::new(started.expect("a MariaDB answers"));
        let provider: Box<dyn Simulated> = Box::new(Arc::clone(&cluster));
        let rig = Rig::around(Arc::clone(&db), provider, clock, &settings).await;
        let at = (rig.ctx.now() - Duration::from_hours(3)).as_millis() / 1000;
        let dialled = cluster.talk(at, 5000);
        let alone = cluster.dial(at, 6000);
        // The agent hands the call over, to a queue; a row by hand has no channel at all.
        for (closer, lead, unique) in [
            (900_001, 5000, "uniqueid"),
            (900_002, 5000, "CONCAT(SUBSTRING_INDEX(uniqueid, '.', 1), '.777')"),
            (900_003, 7000, "uniqueid"),
            (900_004, 5000, "''"),
        ] {
            let made = cluster.run(&format!(
                "INSERT INTO vicidial_closer_log (closecallid, lead_id, list_id, campaign_id, \
                 call_date, start_epoch, end_epoch, length_in_sec, status, phone_code, \
                 phone_number, user, processed, queue_seconds, uniqueid) \
                 SELECT {closer}, {lead}, list_id, 'CLOSERS', call_date, start_epoch, end_epoch, \
                 length_in_sec, status, phone_code, phone_number, user, processed, 3, {unique} \
                 FROM vicidial_log WHERE lead_id = 5000"
            ));
            assert!(made.is_some());
        }
        read_whole(&rig).await;
        let all = Scope::Operator;
        let mut seen = legs(&rig, all, &dialled).await;
        seen.sort_unstable();
        assert_eq!(seen, ["the source:vcl-900001", "the source:vcl-900002"]);
        let seen = legs(&rig, all, "vcl-900002").await;
        assert!(seen.contains(&format!("the source:{dialled}")), "{seen:?}");
        for other in [alone.as_str(), "vcl-900003", "vcl-900004"] {
            assert!(rig.calls().await.contains_key(other), "{other} is here");
            assert_eq!(legs(&rig, all, other).await, [""; 0], "{other}");
        }
    }
}
