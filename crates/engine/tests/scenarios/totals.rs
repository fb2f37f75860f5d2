//! Totals that lie or move (A5, F5).

use domain::{Mark, RunStatus};
use simulators::NewCall;
use simulators::faults::{On, What};
use testkit::on_both_databases;

use crate::play::*;

async fn a_total_lies_for_ever(db: std::sync::Arc<testkit::TestDb>, off_by: i64) {
    let stage = stage(db, |_| {}).await;
    let fault = On::path("call-logs").forever().gives(What::TotalPlus(off_by));
    let report = read_with(&stage, fault).await;
    ended(&report, RunStatus::Partial, &["the provider sa"]);
    stage.assert_equals_truth().await;
    assert_eq!(report.new, CALLS as u64, "every call is kept");
    nothing_is_covered(&stage).await;
    let numbers: Vec<_> = marks(&stage).await;
    assert!(!numbers.is_empty());
    for mark in numbers {
        assert!(
            matches!(&mark, Mark::PossiblyTruncated(why) if why.contains("the provider sa")),
            "{mark:?}"
        );
    }
    let healed = heals(&stage).await;
    assert_eq!((healed.new, healed.updated), (0, 0));
}

async fn a_total_lies_once(db: std::sync::Arc<testkit::TestDb>, off_by: i64) {
    let stage = stage(db, |_| {}).await;
    let on = On::path(&newest(&stage)).page(2);
    stage.simulator.faults().add(on.gives(What::TotalPlus(off_by)));
    let report = read_whole(&stage).await;
    assert_eq!(report.new, CALLS as u64);
    assert_eq!(stage.simulator.faults().struck(), 1);
}

on_both_databases! {
    /// One call more is promised than there is.
    async fn a_total_that_is_one_too_many_proves_nothing(db) { a_total_lies_for_ever(db, 1).await; }

    /// One call fewer is promised than there is.
    async fn a_total_that_is_one_too_few_proves_nothing(db) { a_total_lies_for_ever(db, -1).await; }

    /// A second look clears it up.
    async fn a_total_once_too_many_is_asked_again(db) { a_total_lies_once(db, 1).await; }

    /// A second look clears it up.
    async fn a_total_once_too_few_is_asked_again(db) { a_total_lies_once(db, -1).await; }

    /// Only one window's total lies: the others are proved.
    async fn a_lie_about_one_window_spoils_no_other(db) {
        let stage = stage(db, |_| {}).await;
        let fault = On::path(&newest(&stage)).forever().gives(What::TotalPlus(1));
        let report = read_with(&stage, fault).await;
        ended(&report, RunStatus::Partial, &["the provider says there are"]);
        assert!(report.windows_proved > 0);
        assert_eq!(stage.gaps().await.len(), 1);
        stage.assert_equals_truth().await;
        heals(&stage).await;
    }

    /// A total that is only there on the first page is no promise.
    async fn a_total_that_moved_is_said_with_both_numbers(db) {
        let stage = stage(db, |it| it.source = |source| {
            source.page_size = 5;
            source.window_days_max = 16;
        }).await;
        let fault = On::path(&newest(&stage)).page(3).forever().gives(What::TotalPlus(5));
        let report = read_with(&stage, fault).await;
        logged(&report, "the provider's total moved from");
        ended(&report, RunStatus::Partial, &["total moved from"]);
        heals(&stage).await;
    }

    /// The provider says nothing and lists nothing, while another window is full.
    async fn an_empty_page_with_a_total_is_no_empty_window(db) {
        let stage = stage(db, |_| {}).await;
        let fault = On::path(&newest(&stage)).forever().gives(What::EmptyPage200);
        let report = read_with(&stage, fault).await;
        ended(&report, RunStatus::Partial, &["and lists 0"]);
        assert!(!stage.gaps().await.is_empty());
        heals(&stage).await;
    }

    /// A call inserted between two runs is not the fault of the first.
    async fn a_total_that_grew_between_runs_is_news(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let new = call_ago(&stage, HOUR);
        stage.simulator.mutate(|world| world.insert(NewCall { agent_id: None, ..new }));
        let report = stage.sync_all().await;
        balanced(&report);
        assert_eq!((report.new, report.updated), (1, 0));
        stage.assert_equals_truth().await;
    }
}
