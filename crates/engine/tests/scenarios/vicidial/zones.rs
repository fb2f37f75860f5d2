//! Local times: the hour that repeats, the hour that is skipped, a zone that is wrong (A17).

use providers::ProbeOutcome;
use simulators::vicidial::Settings;
use testkit::{RigSettings, instant, on_both_databases};

use super::{MINUTE, Scene, small};

on_both_databases! {
    /// Two hours of calls are written as one, some of them with the same local time.
    async fn calls_of_the_hour_that_repeats_are_read_once_each(db) {
        let settings = RigSettings { now: instant("2026-11-01T14:00:00Z"), ..small() };
        let scene = Scene::set_with(db, Settings::default(), settings).await;
        let hour = instant("2026-11-01T05:00:00Z").as_millis() / 1000;
        for minutes in [0, 1, 29, 30, 59, 60, 61, 89, 90, 119, 120] {
            scene.cluster.dial(hour + minutes * MINUTE, 5000);
        }
        scene.read_whole().await;
        assert_eq!(scene.rig.sync_all().await.new, 0);
    }

    /// One hour has no local times at all.
    async fn calls_around_the_hour_that_is_skipped_are_read_once_each(db) {
        let settings = RigSettings { now: instant("2026-03-09T14:00:00Z"), ..small() };
        let scene = Scene::set_with(db, Settings::default(), settings).await;
        let change = instant("2026-03-08T07:00:00Z").as_millis() / 1000;
        for minutes in [-61, -60, -1, 0, 1, 59, 60] {
            scene.cluster.dial(change + minutes * MINUTE, 5000);
        }
        scene.read_whole().await;
    }

    /// The zone is a setting, and the examination knows when it is wrong.
    async fn a_wrong_zone_is_noticed(db) {
        let scene = Scene::with_keys(db, vec![("timezone", "\"UTC0\"".to_owned())]).await;
        let probe = scene.probe("timezone").await;
        assert_eq!(probe.outcome, ProbeOutcome::Wrong, "{probe:?}");
        assert!(probe.hint.unwrap().contains("`timezone`"));
        assert_eq!(scene.probe("api_clock").await.outcome, ProbeOutcome::Wrong);
    }
}
