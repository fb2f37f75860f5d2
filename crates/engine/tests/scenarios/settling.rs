//! Records that change after they were first listed, and calls that are listed late (A12, A18).

use std::time::Duration;

use domain::{Clock as _, LOOKED_BACK, ProviderCallId};
use engine::view::versions;
use simulators::faults::{On, What};
use simulators::world::Text;
use simulators::{Call, NewCall};
use store::{CallKey, Scope};
use testkit::{Stage, on_both_databases};

use crate::play::*;

/// A tier moves in steps of an eighth of its age; by then it is surely due.
const TIERS: [Duration; 4] = [
    Duration::from_mins(17),
    Duration::from_mins(135),
    Duration::from_hours(27),
    Duration::from_hours(189),
];

/// Pages as usual, and no margin: only a tier can find what changed.
fn without_margin(source: &mut providers::highlevel_voice_ai::Settings) {
    small_pages(source);
    source.margin_hours = 0;
}

async fn one_call(db: std::sync::Arc<testkit::TestDb>) -> (Stage, String) {
    let stage = stage(db, |it| {
        it.world.calls = 30;
        it.source = without_margin;
    })
    .await;
    let new = call_ago(&stage, MINUTE * 11);
    let id = stage.simulator.mutate(|world| world.insert(new));
    read_whole(&stage).await;
    (stage, id)
}

/// The call changes before each tier, and each tier finds it.
async fn every_tier_finds(db: std::sync::Arc<testkit::TestDb>, change: fn(&mut Call, usize)) {
    let (stage, id) = one_call(db).await;
    let began = stage.ctx.now();
    for (nth, age) in TIERS.into_iter().enumerate() {
        stage.simulator.mutate(|world| world.edit(&id, |call| change(call, nth)));
        stage.clock.pass((began + age).since(stage.ctx.now()));
        let report = stage.sync().await;
        balanced(&report);
        assert!(report.success, "{report:#?}");
        assert_eq!((report.new, report.updated), (0, 1), "tier {nth}");
        stage.assert_equals_truth().await;
    }
    let texts = texts(&stage, &id).await;
    assert_eq!(texts.len(), 1 + TIERS.len());
    assert_eq!(stage.calls().await[&id].version, 5);
    for pair in texts.windows(2) {
        assert_ne!(pair[0], pair[1]);
    }
}

/// Every content of a call that is kept, oldest first.
async fn texts(stage: &Stage, id: &str) -> Vec<String> {
    let key = CallKey { source: stage.source.row.id, id: ProviderCallId(id.to_owned()) };
    let versions = versions(&stage.db.store, Scope::Operator, &key).await.unwrap();
    versions.into_iter().map(|it| String::from_utf8(it.raw).unwrap()).collect()
}

on_both_databases! {
    /// The duration grows.
    async fn a_duration_that_changes_is_found_by_every_tier(db) {
        every_tier_finds(db, |call, _| call.duration += 7).await;
    }

    /// The words change.
    async fn a_transcript_that_changes_is_found_by_every_tier(db) {
        every_tier_finds(db, |call, nth| call.transcript = Text::Written(format!("bot: {nth}"))).await;
    }

    /// The summary changes.
    async fn a_summary_that_changes_is_found_by_every_tier(db) {
        every_tier_finds(db, |call, nth| call.summary = format!("Written again {nth} times.")).await;
    }

    /// The first content stays readable beside the last.
    async fn an_old_version_stays_readable(db) {
        let (stage, id) = one_call(db).await;
        stage.simulator.mutate(|world| world.edit(&id, |call| "Quite different.".clone_into(&mut call.summary)));
        stage.clock.pass(HOUR);
        let report = stage.sync().await;
        assert_eq!(report.updated, 1);
        let texts = texts(&stage, &id).await;
        assert_eq!(texts.len(), 2);
        assert!(texts[0].contains("Caller asked about opening hours."));
        assert!(texts[1].contains("Quite different."));
    }

    /// An agent is deleted: the flag flips on all its calls, and each is an update.
    async fn an_agent_deleted_later_is_seen_on_its_calls(db) {
        let stage = stage(db, |it| {
            it.world.days = 5;
            it.world.deleted_agents = 0;
        }).await;
        read_whole(&stage).await;
        let agent = stage.simulator.truth().iter().find_map(|call| call.agent_id.clone()).unwrap();
        let of_agent = stage.truth().values().filter(|call| call.agent_id.as_ref() == Some(&agent)).count();
        assert!(stage.simulator.mutate(|world| world.set_agent_deleted(&agent, true)));
        let mut updated = 0;
        for pass in [DAY * 2, DAY * 10] {
            stage.clock.pass(pass);
            let report = stage.sync().await;
            balanced(&report);
            assert!(report.success);
            updated += report.updated;
        }
        assert_eq!(updated, of_agent as u64);
        let calls = stage.calls().await;
        let tagged = calls.values().filter(|row| row.tags.contains("agent_deleted")).count();
        assert_eq!(tagged, of_agent);
    }

    /// Summary, transcript and duration are empty at first.
    async fn fields_filled_in_later_are_read_again(db) {
        let stage = stage(db, |it| {
            it.world.calls = 30;
            it.simulator.summary_after_seconds = 1800;
            it.simulator.transcript_after_seconds = 3600;
            it.simulator.duration_after_seconds = 900;
        }).await;
        let new = call_ago(&stage, MINUTE * 11);
        let id = stage.simulator.mutate(|world| world.insert(new));
        let first = stage.sync().await;
        assert!(first.success);
        assert_eq!(stage.calls().await[&id].duration_ms, Some(0));
        for pass in [MINUTE * 20, HOUR * 3] {
            stage.clock.pass(pass);
            assert!(stage.sync().await.success);
        }
        stage.assert_equals_truth().await;
        let texts = texts(&stage, &id).await;
        assert!(texts.last().unwrap().contains("When do you open?"));
        assert!(!texts[0].contains("When do you open?"));
    }

    /// A long call enters the list when it ends, behind the lag.
    async fn a_long_call_listed_late_is_found_by_a_tier(db) {
        let stage = stage(db, |it| {
        it.world.calls = 30;
        it.source = without_margin;
    })
    .await;
        let long = NewCall { duration: 3000, ..call_ago(&stage, MINUTE * 30) };
        let id = stage.simulator.mutate(|world| world.insert(long));
        read_whole(&stage).await;
        assert!(!stage.calls().await.contains_key(&id));
        let mut found = 0;
        for pass in [MINUTE * 15, HOUR * 3] {
            stage.clock.pass(pass);
            let report = stage.sync().await;
            assert!(report.success);
            found += report.new;
        }
        assert_eq!(found, 1);
        stage.assert_equals_truth().await;
    }

    /// What each tier finds is kept, and a tier that found a late call is followed by one of twice
    /// its age; the run says so (A12).
    async fn a_tier_that_finds_a_late_call_widens_the_next(db) {
        let stage = stage(db, |it| {
            it.world.calls = 30;
            it.source = without_margin;
        }).await;
        let now = stage.clock.now();
        let shown = (now + MINUTE * 60).as_millis();
        let late = NewCall { hidden_until: Some(shown), ..call_ago(&stage, MINUTE * 30) };
        let id = stage.simulator.mutate(|world| world.insert(late));
        read_whole(&stage).await;
        let lateness = async || {
            let since = stage.clock.now() - LOOKED_BACK;
            stage.db.store.lateness_load(stage.source.row.id, since).await.unwrap()
        };
        assert_eq!(lateness().await.late(), 0);

        stage.clock.pass(HOUR * 3);
        let second = stage.sync().await;
        assert_eq!(second.new, 1, "{second:#?}");
        let found = lateness().await;
        assert_eq!((found.late(), found.found_by(HOUR * 2)), (1, 1), "{found:?}");
        assert!(found.rereads.contains_key(&(HOUR * 2)), "{found:?}");

        stage.clock.pass(MINUTE * 30);
        let third = stage.sync().await;
        logged(&third, "The tier of +2 h found 1 late call in 30 days, so everything is read again at +4 h too");
        // The same call, changed before it is four hours old: only the added tier looks then.
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration += 7));
        stage.clock.pass(HOUR + MINUTE * 10);
        let fourth = stage.sync().await;
        assert_eq!(fourth.updated, 1, "{fourth:#?}");
        stage.assert_equals_truth().await;
    }

    /// What an outage brings late was not listed late, and widens nothing.
    async fn what_an_outage_brings_late_is_not_taken_as_late(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        stage.clock.pass(DAY);
        let new = call_ago(&stage, HOUR * 20);
        stage.simulator.mutate(|world| world.insert(new));
        assert_eq!(stage.sync().await.new, 1);
        let since = stage.clock.now() - LOOKED_BACK;
        let found = stage.db.store.lateness_load(stage.source.row.id, since).await.unwrap();
        assert_eq!(found.calls(), 0, "{found:?}");
    }

    /// A walk is as old as its first question: what changed while it went on is read again.
    async fn a_change_during_a_slow_walk_is_not_taken_as_read(db) {
        let stage = stage(db, |it| {
            it.source = |source| {
                source.page_size = 5;
                source.window_days_max = 16;
                // Or the margin of the next window would find the change whatever the ledger says.
                source.margin_hours = 0;
            };
            it.world.calls = 30;
            it.tuning.retry.attempts_max = 6;
        }).await;
        // It is 11 minutes old when its page is read, and 16 when the last page has come.
        let new = call_ago(&stage, MINUTE * 11);
        let id = stage.simulator.mutate(|world| world.insert(new));
        let slow = What::TooMany429 { retry_after: Some(60), with_headers: false };
        stage.simulator.faults().add(On::path(&newest(&stage)).page(2).times(5).gives(slow));
        let began = stage.ctx.now();
        let report = stage.sync().await;
        assert!(report.success);
        assert_eq!(stage.simulator.faults().struck(), 5);
        assert!(stage.ctx.now() >= began + MINUTE * 5);
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration += 9));

        // By its age it is due for the first tier, which a walk that began before it has not served.
        stage.clock.pass(MINUTE * 3);
        let report = stage.sync().await;
        assert_eq!(report.updated, 1, "{report:#?}");
        stage.assert_equals_truth().await;
    }

    /// A call nobody touches is settled in the end, and no longer asked for.
    async fn what_is_settled_is_not_read_again(db) {
        let (stage, _) = one_call(db).await;
        let until = stage.ctx.now() - MINUTE * 10;
        for age in TIERS {
            stage.clock.pass(age);
            assert!(stage.sync().await.success);
        }
        stage.clock.pass(DAY * 8);
        stage.sync().await;
        let rows = ledger(&stage).await.into_rows();
        let old: Vec<_> = rows.iter().filter(|row| row.window.from() < until).collect();
        assert!(old.iter().all(|row| row.level == domain::Level::Settled), "{old:#?}");
    }
}
