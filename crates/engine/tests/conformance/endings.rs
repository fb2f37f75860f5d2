//! Lists that end, windows that meet.

use std::time::Duration;

use testkit::every_provider;

every_provider! {
    /// Everything is read, once, and nothing is left open.
    async fn everything_the_provider_shows_is_here(rig) {
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        rig.assert_equals_truth().await;
        assert_eq!(rig.gaps().await, []);
    }

    /// A record on the border of two runs is read by one of them, and counted once.
    async fn an_edge_record_lies_in_exactly_one_window(rig) {
        let lag = rig.source.connection.capabilities().lag;
        let edge = rig.ctx.now() - lag;
        let on_edge = rig.provider.add(edge.as_millis());
        let before = rig.provider.add((edge - Duration::from_secs(1)).as_millis());
        let first = rig.sync().await;
        rig.clock.pass(Duration::from_hours(1));
        let second = rig.sync().await;
        assert!(first.success && second.success, "{first:#?} {second:#?}");
        let calls = rig.calls().await;
        assert!(calls.contains_key(&on_edge) && calls.contains_key(&before));
        assert_eq!(first.new + second.new, rig.truth().len() as u64);
    }

    /// Nothing lies in the future, and an empty span is no failure.
    async fn a_window_without_calls_is_proved_empty(rig) {
        rig.sync().await;
        rig.clock.pass(Duration::from_hours(10));
        let quiet = rig.sync().await;
        assert!(quiet.success, "{quiet:#?}");
        assert_eq!(quiet.new, 0);
        assert_eq!(rig.gaps().await, []);
    }
}
