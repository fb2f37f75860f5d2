//! Providers that say no, break off, or send what nobody can read. Questions about HTTP are not
//! asked of a provider that does not speak it.

use domain::{Covered, Mark, RunStatus, Window};
use simulators::{On, What};
use testkit::{Rig, every_provider};
use tokio::sync::mpsc;

/// Where faults on lists strike; `None` for a provider that is not asked over HTTP.
fn list(rig: &Rig) -> Option<On> {
    let path = rig.provider.list_path();
    (!path.is_empty()).then(|| On::path(path))
}

/// Reads with a fault that passes, and demands that nothing is lost.
async fn passes(rig: &Rig, what: What) {
    let Some(on) = list(rig) else { return };
    rig.provider.strike(on.times(2).gives(what));
    let report = rig.sync().await;
    assert!(report.success, "{report:#?}");
    rig.assert_equals_truth().await;
}

/// Is refused with this status for ever, and demands that this is said and nothing is proved.
async fn is_final(rig: &Rig, status: u16) {
    let Some(on) = list(rig) else { return };
    rig.provider.strike(on.forever().gives(What::status(status, r#"{"message":"No"}"#)));
    let report = rig.sync().await;
    assert_eq!(report.status, RunStatus::Failed, "{report:#?}");
    assert!(report.error.is_some());
    assert!(!rig.gaps().await.is_empty(), "a refusal was taken for an empty list");
    let path = rig.provider.list_path();
    let asked = rig.provider.requests().iter().filter(|r| r.path.contains(path)).count();
    assert!(asked < 12, "a final refusal was asked {asked} times");

    let (pages, _nobody_reads) = mpsc::channel(1000);
    let request = Window::new(rig.source.row.since, rig.ctx.now()).unwrap();
    let error = rig.source.connection.walk(request, &pages).await.unwrap_err();
    assert!(error.needs_operator(), "{error}");
    assert!(error.hint().is_some(), "nobody says what to change: {error}");
}

/// Is answered with this status for ever, and demands that nothing is taken as read, let alone as
/// proved to be empty; once it ends, everything is read.
async fn is_no_empty_list(rig: &Rig, status: u16) {
    let Some(on) = list(rig) else { return };
    rig.provider.strike(on.forever().gives(What::status(status, r#"{"message":"No"}"#)));
    let report = rig.sync().await;
    assert_eq!(report.status, RunStatus::Failed, "{report:#?}");
    assert!(report.error.is_some());
    let until = rig.ctx.now() - rig.source.connection.capabilities().lag;
    let all = Window::new(rig.source.row.since, until).unwrap();
    assert_eq!(rig.gaps().await, [all]);
    let ledger = rig.db.store.coverage_load(rig.source.row.id).await.unwrap();
    let is_unread = |row: &Covered| matches!(row.mark, Some(Mark::Unreachable(_)));
    assert!(ledger.rows().iter().all(is_unread), "{ledger:?}");

    rig.provider.calm_down();
    let healed = rig.sync().await;
    assert!(healed.success, "{healed:#?}");
    rig.assert_equals_truth().await;
    assert_eq!(rig.gaps().await, []);
}

every_provider! {
    /// 429 is waited out.
    async fn being_asked_to_slow_down_loses_nothing(rig) {
        passes(&rig, What::TooMany429 { retry_after: Some(3), with_headers: false }).await;
    }

    /// 429 without a word how long.
    async fn being_asked_to_slow_down_without_a_time_loses_nothing(rig) {
        passes(&rig, What::TooMany429 { retry_after: None, with_headers: false }).await;
    }

    /// 5xx is tried again.
    async fn an_internal_error_is_tried_again(rig) {
        passes(&rig, What::Html(502)).await;
    }

    /// A body that breaks off is no short list.
    async fn half_a_body_loses_nothing(rig) {
        passes(&rig, What::HalfBody).await;
    }

    /// 401 is final, says what to change, and is not an empty list.
    async fn a_refused_credential_is_not_an_empty_list(rig) {
        is_final(&rig, 401).await;
    }

    /// 403 likewise.
    async fn a_forbidden_list_is_not_an_empty_list(rig) {
        is_final(&rig, 403).await;
    }

    /// 404 says that there is no such list, not that there are no calls.
    async fn a_list_that_is_not_found_is_not_an_empty_list(rig) {
        is_no_empty_list(&rig, 404).await;
    }

    /// 422 says that nothing was looked for.
    async fn a_list_that_cannot_be_made_is_not_an_empty_list(rig) {
        is_no_empty_list(&rig, 422).await;
    }

    /// After a provider was away, the next run makes everything good.
    async fn an_outage_is_a_gap_and_then_healed(rig) {
        let Some(on) = list(&rig) else { return };
        rig.provider.strike(on.times(40).gives(What::Html(503)));
        let away = rig.sync().await;
        assert!(!away.success, "{away:#?}");
        assert!(!rig.gaps().await.is_empty());
        // Waiting takes time by the same clock, so the last minutes may need one more run.
        let mut runs = 0;
        while !(rig.sync().await.success && rig.gaps().await.is_empty()) {
            runs += 1;
            assert!(runs < 20, "the provider is back, and reading it does not come to an end");
        }
        rig.assert_equals_truth().await;
    }
}
