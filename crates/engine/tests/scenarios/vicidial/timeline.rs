//! The day on which the systems before this one lost calls: ninety days of history at ten, a run
//! every five minutes from ten to eleven on, three hours of outage, leads that come after their
//! calls, and a cache that is lost (A13, A14, C2).

use engine::sync::RunReport;

use super::*;

const FIVE_MINUTES: Duration = Duration::from_mins(5);

/// A call each time, by turns of a lead that is known and one that nobody has entered yet.
fn a_call_is_made(scene: &Scene, nth: i64) {
    let lead = if nth % 3 == 0 { 7000 + nth } else { 5000 };
    scene.cluster.dial(scene.ago(MINUTE), lead);
}

/// Runs every five minutes, so often, with a call before each; every run's accounts balance.
async fn every_five_minutes(scene: &Scene, times: i64) -> Vec<RunReport> {
    let mut reports = Vec::new();
    for nth in 0..times {
        scene.rig.clock.pass(FIVE_MINUTES);
        a_call_is_made(scene, nth);
        reports.push(scene.rig.sync().await);
    }
    reports
}

on_both_databases! {
    /// No call is missing in the evening, and none was new twice.
    async fn the_day_on_which_calls_were_lost_loses_none(db) {
        let settings = RigSettings {
            calls: 900,
            days: 90,
            now: testkit::instant("2026-03-31T10:00:00Z"),
            ..RigSettings::default()
        };
        let again = settings.clone();
        let mut scene = Scene::set_with(db, Settings::default(), settings).await;

        // 10:00: the history.
        let history = scene.rig.sync().await;
        assert!(history.success, "{history:#?}");
        assert_eq!(history.new, 900);

        // 10:50 to 12:05: five-minute runs.
        scene.rig.clock.pass(Duration::from_mins(45));
        let morning = every_five_minutes(&scene, 16).await;
        assert!(morning.iter().all(|report| report.success), "{morning:#?}");

        // Three hours in which the cluster answers nobody and calls go on.
        scene.rig.provider.go_away();
        let outage = every_five_minutes(&scene, 36).await;
        assert!(outage.iter().all(|report| !report.success && report.error.is_some()));
        assert!(!scene.rig.gaps().await.is_empty(), "what could not be read is not covered");
        scene.rig.provider.calm_down();

        // The cache is lost: another process, which knows what is in the database.
        "another process".clone_into(&mut scene.rig.ctx.holder);
        scene.rig.reconnect(&again).await;
        let noon = every_five_minutes(&scene, 6).await;
        assert!(noon.iter().all(|report| report.success), "{noon:#?}");

        // The leads come, hours after their calls.
        for nth in (0..36).step_by(3) {
            let lead = 7000 + nth;
            scene.cluster.run(&format!(
                "INSERT INTO vicidial_list (lead_id, phone_number) VALUES ({lead}, '212555{lead}')"
            ));
        }
        let evening = every_five_minutes(&scene, 24).await;
        assert!(evening.iter().all(|report| report.success), "{evening:#?}");

        scene.rig.clock.pass(Duration::from_hours(2));
        assert!(scene.rig.sync().await.success);
        scene.rig.assert_equals_truth().await;
        assert_eq!(scene.rig.truth().len(), 900 + 16 + 36 + 6 + 24);
        assert_eq!(scene.rig.gaps().await, []);
        let new = scene.rig.db.number("SELECT CAST(SUM(new) AS BIGINT) FROM runs").await;
        assert_eq!(new, 900 + 16 + 36 + 6 + 24, "each call was new in one run only");
    }
}
