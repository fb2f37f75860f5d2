//! The provider says no: never "there were none", and never asked for ever (A24, A25).

use std::sync::Arc;

use domain::{Mark, RunStatus};
use engine::Source;
use engine::sync::{RunReport, SyncOptions, sync};
use simulators::faults::{On, What};
use simulators::highlevel_voice_ai::scopes;
use testkit::{Stage, TestDb, on_both_databases};

use crate::play::*;

/// A refusal is named, covers nothing, is not asked again and again, and heals when it ends.
async fn a_refusal(db: Arc<TestDb>, status: u16, message: &str, words: &[&str]) {
    let stage = stage(db, |_| {}).await;
    let body = format!(r#"{{"statusCode":{status},"message":"{message}"}}"#);
    let fault = On::path("call-logs").forever().gives(What::status(status, &body));
    let report = read_with(&stage, fault).await;
    ended(&report, RunStatus::Failed, words);
    assert_eq!((report.total_fetched, report.windows_proved), (0, 0));
    nothing_is_covered(&stage).await;
    let marks = marks(&stage).await;
    assert!(!marks.is_empty());
    for mark in marks {
        assert!(matches!(&mark, Mark::Unreachable(why) if why.contains(words[0])), "{mark:?}");
    }
    assert!(calls_requests(&stage) <= stage.ctx.settings.windows_beside, "no retry storm");
    heals(&stage).await;
}

async fn read_through(stage: &Stage, source: &Source) -> RunReport {
    let report = sync(&stage.ctx, source, SyncOptions::manual()).await.unwrap();
    balanced(&report);
    report
}

fn all_requests(stage: &Stage) -> usize {
    stage.simulator.requests().len()
}

on_both_databases! {
    /// 401 about the token.
    async fn a_refused_token_is_not_an_empty_list(db) {
        a_refusal(db, 401, "Invalid Private Integration token", &["refused our token", "Make a new private integration token"]).await;
    }

    /// 401 about a scope.
    async fn a_missing_scope_is_not_an_empty_list(db) {
        a_refusal(db, 401, "The token is not authorized for this scope.", &["may not do this", "voice-ai-dashboard.readonly"]).await;
    }

    /// 401 about the version header.
    async fn a_refused_version_is_not_an_empty_list(db) {
        a_refusal(db, 401, "version header is invalid", &["does not accept our request", "`api_version`"]).await;
    }

    /// 401 about an agency's token.
    async fn an_agencys_token_is_not_an_empty_list(db) {
        a_refusal(db, 401, "This authClass type is not allowed to access this scope.", &["may not do this", "sub-account"]).await;
    }

    /// 403 about the location.
    async fn a_foreign_location_is_not_an_empty_list(db) {
        a_refusal(db, 403, "The token does not have access to this location.", &["may not do this", "`location_id`"]).await;
    }

    /// 404 about a thing.
    async fn an_unknown_location_is_not_an_empty_list(db) {
        a_refusal(db, 404, "Location not found", &["knows nothing there", "`location_id`"]).await;
    }

    /// 404 about the address.
    async fn an_unknown_address_is_not_an_empty_list(db) {
        a_refusal(db, 404, "Cannot GET /voice-ai/dashboard/call-logs", &["does not accept our request", "`base_url`"]).await;
    }

    /// 422.
    async fn a_request_it_cannot_process_is_not_an_empty_list(db) {
        a_refusal(db, 422, "startDate must be a number", &["422", "startDate must be a number"]).await;
    }

    /// 400.
    async fn a_bad_request_is_not_an_empty_list(db) {
        a_refusal(db, 400, "Bad Request", &["400", "Check `location_id`"]).await;
    }

    /// Refused once is refused for the windows that are left; and after three of them answered
    /// nothing, nobody asks for the others.
    async fn windows_that_are_left_are_not_asked_for_in_vain(db) {
        let stage = stage(db, |it| {
            it.engine.windows_beside = 1;
            it.tuning.retry.attempts_max = 1;
            it.source = |source| {
                small_pages(source);
                source.window_days_max = 1;
            };
        }).await;
        let mut asked = 0;
        for (status, windows) in [(401, 1), (503, 3)] {
            let on = On::path("call-logs").forever();
            stage.simulator.faults().add(on.gives(What::status(status, "{}")));
            let report = stage.sync().await;
            assert!(report.windows_planned > 10, "{report:#?}");
            assert_eq!(calls_requests(&stage) - asked, windows, "after {status}");
            asked = calls_requests(&stage);
            stage.simulator.faults().clear();
        }
        read_whole(&stage).await;
    }

    /// A paused sub-account needs nothing but patience.
    async fn a_paused_location_is_not_an_empty_list(db) {
        let stage = stage(db, |_| {}).await;
        stage.simulator.set_location_active(false);
        let report = stage.sync().await;
        ended(&report, RunStatus::Failed, &["Location is not active", "paused or unpaid"]);
        nothing_is_covered(&stage).await;
        stage.simulator.set_location_active(true);
        read_whole(&stage).await;
    }

    /// The real thing: a token of another sub-account.
    async fn a_token_of_another_location_names_the_location(db) {
        let stage = stage(db, |_| {}).await;
        let source = stage.with_token(stage.simulator.token_of_other_location()).await;
        let report = read_through(&stage, &source).await;
        ended(&report, RunStatus::Failed, &["does not have access to this location", "`location_id`"]);
        nothing_is_covered(&stage).await;
        assert!(all_requests(&stage) < 6);
        read_whole(&stage).await;
    }

    /// The real thing: a token without the scope, asked a few times and no more.
    async fn a_token_without_the_scope_names_the_scope(db) {
        let stage = stage(db, |_| {}).await;
        let token = stage.simulator.token_with_scopes(&[scopes::AGENTS]);
        let source = stage.with_token(&token).await;
        let report = read_through(&stage, &source).await;
        ended(&report, RunStatus::Failed, &["may not do this", scopes::CALLS, "its token stays the same"]);
        nothing_is_covered(&stage).await;
        assert!(all_requests(&stage) <= 4, "no retry storm");
        read_whole(&stage).await;
    }

    /// Without the agents' scope calls are read all the same: they wait for their agents.
    async fn a_token_that_may_not_list_agents_still_reads_every_call(db) {
        let stage = stage(db, |_| {}).await;
        let token = stage.simulator.token_with_scopes(&[scopes::CALLS]);
        let source = stage.with_token(&token).await;
        let report = read_through(&stage, &source).await;
        assert!(report.success, "{report:#?}");
        logged(&report, scopes::AGENTS);
        assert_eq!(report.skip_reasons.get("agent_not_in_system"), Some(&(CALLS as u64)));
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;

        // With the scope, they are told apart.
        let again = stage.sync_all().await;
        assert!(again.success);
        assert!(again.skip_reasons.contains_key("agent_not_assigned_to_user"));
    }

    /// Agents that cannot be listed today keep no call away.
    async fn a_broken_list_of_agents_keeps_no_call_away(db) {
        let stage = stage(db, |_| {}).await;
        stage.simulator.faults().add(On::path("/agents").forever().gives(What::status(500, "{}")));
        let report = read_whole(&stage).await;
        assert_eq!(report.new, CALLS as u64);
        logged(&report, "agents");
    }

    /// The real thing: a version nobody published.
    async fn a_wrong_version_header_names_the_setting(db) {
        let mut stage = stage(db, |it| it.source = |source| "2020-01-01".clone_into(&mut source.api_version)).await;
        let report = stage.sync().await;
        balanced(&report);
        ended(&report, RunStatus::Failed, &["version header is invalid", "`api_version`", "the token is not the cause"]);
        assert!(all_requests(&stage) <= 4, "no retry storm");
        nothing_is_covered(&stage).await;
        stage.set_up_anew(small_pages).await;
        read_whole(&stage).await;
    }

    /// What was read before the token was revoked stays.
    async fn a_token_revoked_in_mid_run_keeps_what_was_read(db) {
        let stage = stage(db, |it| it.source = |source| {
            small_pages(source);
            source.pages_ahead = 1;
        }).await;
        let body = r#"{"statusCode":401,"message":"Invalid Private Integration token"}"#;
        let fault = On::path("call-logs").from_nth(4).forever().gives(What::status(401, body));
        let report = read_with(&stage, fault).await;
        ended(&report, RunStatus::Partial, &["refused our token"]);
        assert_eq!(report.total_fetched, 60);
        assert_eq!(stage.calls().await.len() as u64, report.new + report.repeated);
        let healed = heals(&stage).await;
        assert_eq!(healed.set_aside, 0);
    }

    /// A token revoked for good, then replaced.
    async fn a_new_token_goes_on_where_the_old_one_ended(db) {
        let stage = stage(db, |_| {}).await;
        let token = stage.simulator.token_with_scopes(&scopes::ALL);
        let source = stage.with_token(&token).await;
        assert!(read_through(&stage, &source).await.success);
        an_hour_with_a_call(&stage);
        stage.simulator.revoke(&token);
        let refused = read_through(&stage, &source).await;
        ended(&refused, RunStatus::Failed, &["Invalid Private Integration token"]);
        let report = read_whole(&stage).await;
        assert_eq!(report.new, 1);
    }
}
