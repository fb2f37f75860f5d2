//! Answers that are not what they seem, and answers that do not come (A28, A29).

use std::sync::Arc;
use std::time::Duration;

use domain::{Mark, RunStatus, Window};
use simulators::faults::{On, What};
use testkit::{TestDb, on_both_databases};

use crate::play::*;

/// Once: it is asked again and nobody notices. For ever: an error, never an empty page.
async fn an_answer_goes_wrong(db: Arc<TestDb>, what: What, words: &[&str]) {
    let mut stage = stage(db, |it| it.tuning.retry.attempts_max = 2).await;
    let patience = stage.patience();
    let hangs = matches!(what, What::Hang);
    if hangs {
        stage.wait_for_answers(Duration::from_millis(700)).await;
    }
    let on = On::path(&newest(&stage)).page(2);
    let report = read_with(&stage, on.clone().forever().gives(what.clone())).await;
    ended(&report, RunStatus::Partial, words);
    assert!(report.error.as_deref().is_some_and(|error| error.contains("page 2")));
    assert_eq!(stage.gaps().await.iter().map(|gap| gap.length() > DAY).collect::<Vec<_>>(), [true]);
    let marks = marks(&stage).await;
    assert!(
        marks.iter().any(|mark| matches!(mark, Mark::Unreachable(why) if why.contains(words[0]))),
        "{marks:?}"
    );
    stage.wait_for_answers(patience).await;
    heals(&stage).await;

    stage.clock.pass(DAY * 20);
    if hangs {
        stage.wait_for_answers(Duration::from_millis(700)).await;
    }
    let before = stage.simulator.faults().struck();
    stage.simulator.faults().add(On::path("call-logs").gives(what));
    read_whole(&stage).await;
    assert_eq!(stage.simulator.faults().struck(), before + 1);
}

on_both_databases! {
    /// The edge answers instead of the provider.
    async fn a_web_page_is_an_error(db) {
        an_answer_goes_wrong(db, What::Html(502), &["502"]).await;
    }

    /// A web page in the dress of a success.
    async fn a_web_page_with_200_is_an_error(db) {
        an_answer_goes_wrong(db, What::Html(200), &["a web page instead of JSON"]).await;
    }

    /// The edge forbids.
    async fn a_web_page_with_403_is_no_refusal(db) {
        an_answer_goes_wrong(db, What::Html(403), &["403 with a web page"]).await;
    }

    /// The connection closes early.
    async fn half_a_body_is_an_error(db) {
        an_answer_goes_wrong(db, What::HalfBody, &["broke before the answer was complete"]).await;
    }

    /// The connection is reset.
    async fn a_connection_reset_in_mid_body_is_an_error(db) {
        an_answer_goes_wrong(db, What::CloseMidBody, &["broke before the answer was complete"]).await;
    }

    /// The declared length cuts the JSON.
    async fn a_wrong_content_length_is_an_error(db) {
        an_answer_goes_wrong(db, What::WrongContentLength, &["in the middle"]).await;
    }

    /// A success that is none.
    async fn an_error_with_200_is_an_error(db) {
        an_answer_goes_wrong(db, What::ErrorBodyWith200, &["error in the place of data"]).await;
    }

    /// A success with nothing in it.
    async fn an_empty_body_is_an_error(db) {
        an_answer_goes_wrong(db, What::EmptyBody, &["ends after 0 bytes"]).await;
    }

    /// No answer at all.
    async fn a_lost_answer_is_an_error(db) {
        an_answer_goes_wrong(db, What::LoseResponseAfterEffect, &["broke before the answer"]).await;
    }

    /// A hung request is given up, and its window goes back to the gaps.
    async fn a_hung_request_is_given_up(db) {
        an_answer_goes_wrong(db, What::Hang, &["did not answer in time"]).await;
    }

    /// 500.
    async fn an_internal_error_is_asked_again(db) {
        let body = r#"{"statusCode":500,"message":"Internal server error"}"#;
        an_answer_goes_wrong(db, What::status(500, body), &["500", "Internal server error"]).await;
    }

    /// 502.
    async fn a_bad_gateway_is_asked_again(db) {
        an_answer_goes_wrong(db, What::status(502, "{}"), &["502"]).await;
    }

    /// 503.
    async fn an_unavailable_service_is_asked_again(db) {
        an_answer_goes_wrong(db, What::status(503, "{}"), &["503"]).await;
    }

    /// One list never comes to its end, and those of its halves do: they are asked for in its place,
    /// and everything is read within the same run (A29).
    async fn a_window_that_takes_too_long_is_read_in_halves(db) {
        let stage = stage(db, |it| it.engine.window_patience = Duration::from_secs(2)).await;
        let able = stage.source.connection.capabilities();
        let to = stage.ctx.now() - able.lag;
        let whole = Window::new(to - able.window_max, to).unwrap().widened(able.margin);
        let (from, to) = (whole.from().as_millis(), whole.to().as_millis());
        let span = format!("startDate={from}&endDate={to}");
        stage.simulator.faults().add(On::path(&span).forever().gives(What::Hang));
        let report = read_whole(&stage).await;
        assert_eq!((report.new, report.windows_planned), (CALLS as u64, 3));
        let requests = stage.simulator.requests();
        let asked = requests.iter().filter(|request| request.query.contains(&span)).count();
        assert_eq!(asked, 1, "it is not asked for once more");
    }

    /// Every request is patient, and together they take for ever: the window is cut, said, and read
    /// by a later run (A29).
    async fn a_window_that_takes_too_long_is_cut_and_said(db) {
        let stage = stage(db, |it| it.engine.window_patience = Duration::from_millis(150)).await;
        let report = read_with(&stage, On::path("call-logs").forever().gives(What::Hang)).await;
        ended(&report, RunStatus::Failed, &["not read to its end within 150ms", "the next run"]);
        nothing_is_covered(&stage).await;
        let mut patient = stage;
        patient.ctx.settings.window_patience = Duration::from_mins(1);
        heals(&patient).await;
    }
}
