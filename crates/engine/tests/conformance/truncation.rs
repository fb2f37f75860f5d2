//! Lists that are cut short or out of order, and ranges that are ignored.

use providers::ProbeOutcome;
use simulators::{On, What};
use testkit::{Rig, every_provider};

/// What the examination says of a span in the far future.
async fn far_future(rig: &Rig) -> ProbeOutcome {
    let probes = engine::examine::examine(&rig.ctx, &rig.source).await.unwrap();
    let found = probes.iter().find(|probe| probe.name == "far_future");
    assert!(found.is_some(), "nobody asked: {probes:#?}");
    let probe = found.unwrap();
    assert!(!probe.sentence.is_empty());
    probe.outcome
}

/// What is not here yet is in a gap.
async fn no_call_is_missing_where_it_is_covered(rig: &Rig) {
    let (stored, gaps) = (rig.calls().await, rig.gaps().await);
    for call in rig.truth().into_values().filter(|call| !stored.contains_key(&call.id)) {
        let at = domain::Timestamp::from_millis(call.occurred_at);
        let is_open = gaps.iter().any(|gap| gap.contains(at));
        assert!(is_open, "{} is missing and its time is said to be covered", call.id);
    }
}

every_provider! {
    /// Answers that break off, however many, are never a whole list; what is not proved is said.
    async fn lists_that_break_off_are_never_whole(rig) {
        rig.provider.break_off(400);
        let mut runs = 0;
        loop {
            let report = rig.sync().await;
            no_call_is_missing_where_it_is_covered(&rig).await;
            assert_ne!(report.success, report.error.is_some(), "{report:#?}");
            if report.success {
                break;
            }
            runs += 1;
            assert!(runs < 400, "answers are whole again, and reading does not come to an end");
        }
        assert!(runs > 0, "nothing broke off");
        rig.assert_equals_truth().await;
    }

    /// Records that come in any order are as good as in the usual one, or prove nothing. A database
    /// has no pages to shuffle.
    async fn lists_out_of_order_lose_nothing(rig) {
        let lists = On::path(rig.provider.list_path()).forever();
        rig.provider.strike(lists.gives(What::Shuffle(1)));
        rig.sync().await;
        no_call_is_missing_where_it_is_covered(&rig).await;
        rig.provider.calm_down();
        rig.sync().await;
        rig.assert_equals_truth().await;
    }

    /// The examination asks for calls of the far future and says when there are any.
    async fn the_far_future_is_asked_for_calls(rig) {
        assert_eq!(far_future(&rig).await, ProbeOutcome::Right);
        rig.provider.ignore_ranges();
        let said = match rig.provider.provider() {
            // A database keeps to every range: what lies in the future is a row whose clock was wrong.
            "vicidial" => ProbeOutcome::Notable,
            _ => ProbeOutcome::Wrong,
        };
        assert_eq!(far_future(&rig).await, said);
    }
}
