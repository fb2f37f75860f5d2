//! A clock of ours that is wrong: what it calls the past is still to come.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Level, RunKind, RunStatus};
use engine::sync::SyncOptions;
use simulators::{Options, World, WorldSettings};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};

use crate::play::*;

const AHEAD: Duration = Duration::from_hours(48);

/// A source whose provider's clock is behind ours, for as long as we say.
async fn behind(db: &Arc<TestDb>, provider: &str, by: Duration) -> (Rig, Arc<AtomicI64>) {
    let settings = RigSettings { calls: 40, days: 10, ..RigSettings::default() };
    let clock = HandClock::at(settings.now);
    let behind = Arc::new(AtomicI64::new(i64::try_from(by.as_millis()).unwrap()));
    let (ours, so_much) = (clock.for_simulator(), Arc::clone(&behind));
    let theirs = Arc::new(move || ours() - so_much.load(Ordering::SeqCst));
    let world = World::generate(&WorldSettings {
        calls: settings.calls,
        days: settings.days,
        end: (settings.now - by - HOUR).as_millis(),
        record_bytes: 800,
        ..WorldSettings::default()
    });
    let options = Options { is_unlimited: true, ..Options::default() };
    let running = simulators::start(provider, world, options, theirs).await.unwrap();
    (Rig::around(Arc::clone(db), running, clock, &settings).await, behind)
}

async fn levels(rig: &Rig) -> Vec<Level> {
    let ledger = rig.db.store.coverage_load(rig.source.row.id).await.unwrap();
    ledger.rows().iter().map(|row| row.level).collect()
}

async fn nothing_is_proved_by_a_clock_that_is_ahead(db: Arc<TestDb>, provider: &str) {
    let (rig, behind) = behind(&db, provider, AHEAD).await;
    let report = rig.sync().await;
    assert_eq!(report.status, RunStatus::Partial, "{provider}: {report:#?}");
    let error = report.error.unwrap();
    assert!(error.contains("our clock is 17") && error.contains("NTP"), "{provider}: {error}");
    assert!(levels(&rig).await.iter().all(|level| *level == Level::Unproven), "{provider}");
    rig.assert_equals_truth().await;

    // Somebody sets it right, and what it took for the past happens.
    behind.store(0, Ordering::SeqCst);
    rig.provider.add((rig.ctx.now() - AHEAD / 2).as_millis());
    let report = rig.sync().await;
    assert_eq!(report.status, RunStatus::Success, "{provider}: {report:#?}");
    rig.assert_equals_truth().await;
    assert!(rig.gaps().await.is_empty(), "{provider}");
}

on_both_databases! {
    async fn nothing_is_proved_of_voice_ai_by_a_clock_that_is_ahead(db) {
        nothing_is_proved_by_a_clock_that_is_ahead(db, "highlevel_voice_ai").await;
    }

    async fn nothing_is_proved_of_conversations_by_a_clock_that_is_ahead(db) {
        nothing_is_proved_by_a_clock_that_is_ahead(db, "highlevel_conversations").await;
    }

    async fn nothing_is_proved_of_teli_by_a_clock_that_is_ahead(db) {
        nothing_is_proved_by_a_clock_that_is_ahead(db, "teli").await;
    }

    async fn nothing_is_proved_of_twilio_by_a_clock_that_is_ahead(db) {
        nothing_is_proved_by_a_clock_that_is_ahead(db, "twilio").await;
    }

    async fn nothing_is_proved_of_elevenlabs_by_a_clock_that_is_ahead(db) {
        nothing_is_proved_by_a_clock_that_is_ahead(db, "elevenlabs").await;
    }

    /// Two machines never quite agree.
    async fn a_clock_that_is_ahead_by_less_than_the_lag_proves_as_ever(db) {
        let (rig, _behind) = behind(&db, "elevenlabs", MINUTE * 5).await;
        let report = rig.sync().await;
        assert_eq!(report.status, RunStatus::Success, "{report:#?}");
        assert!(rig.gaps().await.is_empty());
    }

    /// The schedule would wait for as long as the clock was wrong.
    async fn a_source_that_was_read_in_the_future_is_due_at_once(db) {
        let (rig, _behind) = behind(&db, "elevenlabs", Duration::ZERO).await;
        let right = rig.ctx.now();
        let scheduled = || SyncOptions { kind: RunKind::Auto, ..SyncOptions::manual() };
        rig.clock.pass(AHEAD);
        rig.sync_with(scheduled()).await;
        let runs = rig.db.store.runs_of_schedule(rig.source.row.id, 12).await.unwrap();
        let every = domain::Rhythm::Every(MINUTE * 5);
        let next = |now| domain::next_run(&runs, &every, now).at;
        assert!(next(right) <= right, "{:?}", next(right));
        assert!(next(right + AHEAD) > right + AHEAD);
    }
}
