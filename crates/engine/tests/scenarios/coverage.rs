//! The ledger is the only memory of how far we are (A13–A17).

use std::time::Duration;

use domain::{Mark, RunStatus, Timestamp, Why, Window};
use simulators::NewCall;
use simulators::faults::{On, What};
use simulators::highlevel_voice_ai::{OmittedCallType, RangeEnd, RangePrecision};
use testkit::on_both_databases;

use crate::play::*;

/// Calls on and beside the edges of adjacent windows are each found in exactly one of them.
async fn edges_are_kept(db: std::sync::Arc<testkit::TestDb>, end: RangeEnd, unit: RangePrecision) {
    let stage = stage(db, |it| {
        it.simulator.range_end = end;
        it.simulator.range_precision = unit;
        it.world.calls = 0;
        it.source = |source| source.margin_hours = 1;
    })
    .await;
    // Young enough not to be settled yet, so that neighbours stay apart in the ledger.
    let noon = testkit::instant("2026-03-27T12:00:00Z");
    let edges = [noon, noon + HOUR, noon + HOUR * 2];
    for edge in edges {
        for off in [-1000, -1, 0, 1, 999, 1000] {
            let at = edge.as_millis() + off;
            stage.simulator.mutate(|world| world.insert(NewCall::at(at)));
        }
    }
    let first = stage.sync_window(edges[0], edges[1]).await;
    let second = stage.sync_window(edges[1], edges[2]).await;
    for report in [&first, &second] {
        balanced(report);
        assert!(report.success, "{report:#?}");
    }
    let inside = |from: Timestamp, to: Timestamp| {
        let all = stage.truth();
        let inside = all
            .values()
            .filter(|call| from.as_millis() <= call.created_at && call.created_at < to.as_millis());
        inside.count() as u64
    };
    let rows: Vec<_> = ledger(&stage).await.rows().to_vec();
    let listed: Vec<_> = rows.iter().map(|row| (row.window, row.listed)).collect();
    let expected = [(edges[0], edges[1]), (edges[1], edges[2])]
        .map(|(from, to)| (Window::new(from, to).unwrap(), Some(inside(from, to))));
    assert_eq!(listed, expected);
    // Each call is new once, whatever the windows share.
    assert_eq!(first.new + second.new, stage.calls().await.len() as u64);
    read_whole(&stage).await;
}

async fn a_zone_shifts_the_range(db: std::sync::Arc<testkit::TestDb>, minutes: i32) {
    let stage = stage(db, |it| it.simulator.zone_shift_minutes = minutes).await;
    let report = read_whole(&stage).await;
    assert_eq!(report.new, CALLS as u64);
    // Also one day alone has all of its calls.
    let (from, to) = (testkit::instant("2026-03-10"), testkit::instant("2026-03-11"));
    let day = stage.sync_window(from, to).await;
    balanced(&day);
    let inside = |at: i64| (from.as_millis()..to.as_millis()).contains(&at);
    let true_calls = stage.truth().values().filter(|call| inside(call.created_at)).count();
    assert!(true_calls > 0);
    assert!(day.unchanged >= true_calls as u64);
    assert!(day.success);
}

async fn ranges_are_tried_out(db: std::sync::Arc<testkit::TestDb>, shift: i32, margin: Duration) {
    let stage = stage(db, |it| {
        it.simulator.zone_shift_minutes = shift;
        it.source = |source| {
            small_pages(source);
            source.tries_ranges = true;
        };
    })
    .await;
    let report = read_whole(&stage).await;
    assert_eq!(report.new, CALLS as u64);
    assert_eq!(stage.source.connection.capabilities().margin, margin);
}

on_both_databases! {
    /// The replaced system looked back ten minutes, whatever had happened.
    async fn an_outage_of_three_hours_is_simply_the_next_work(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let until = stage.ctx.now() - MINUTE * 10;

        stage.simulator.faults().add(On::path("").forever().gives(What::status(503, "{}")));
        for _ in 0..3 {
            an_hour_with_a_call(&stage);
            let report = stage.sync().await;
            balanced(&report);
            ended(&report, RunStatus::Failed, &["503"]);
        }
        let uncovered = stage.gaps().await;
        assert_eq!(uncovered.len(), 1);
        assert_eq!(uncovered[0].from(), until);
        assert!(uncovered[0].length() >= HOUR * 3);

        let report = heals(&stage).await;
        assert_eq!(report.new, 3);
    }

    /// Two hours are asked for and read, and the ledger is moved by nothing else: what lies before
    /// them stays a gap, and the next ordinary run reads it.
    async fn what_lies_before_a_narrower_span_stays_a_gap(db) {
        let stage = stage(db, |_| {}).await;
        let now = stage.ctx.now();
        let from = now - MINUTE * 120;
        let report = stage.sync_window(from, now).await;
        assert!(report.success, "{report:#?}");
        assert_eq!(stage.gaps().await, [Window::new(stage.source.row.since, from).unwrap()]);
        // What a person asks for is read again, too, and moves the ledger no further.
        assert!(stage.sync_window(from, now).await.success);
        assert_eq!(stage.gaps().await, [Window::new(stage.source.row.since, from).unwrap()]);
        read_whole(&stage).await;
    }

    /// Nobody ran for a month.
    async fn a_month_without_a_run_is_simply_the_next_work(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        stage.clock.pass(DAY * 30);
        for days in 1..30 {
            let new = call_ago(&stage, DAY * days);
            stage.simulator.mutate(|world| world.insert(new));
        }
        let report = read_whole(&stage).await;
        assert_eq!(report.new, 29);
    }

    /// What one process knew is in the database.
    async fn another_process_goes_on_where_this_one_stopped(db) {
        let mut stage = stage(db, |_| {}).await;
        let fault = On::path(&oldest(&stage)).forever().gives(What::status(500, "{}"));
        let first = read_with(&stage, fault).await;
        ended(&first, RunStatus::Partial, &["500"]);
        let left = stage.gaps().await;
        stage.simulator.faults().clear();

        stage.another_process().await;
        assert_eq!(stage.gaps().await[0], left[0]);
        let asked = calls_requests(&stage);
        let second = read_whole(&stage).await;
        assert!(second.new > 0 && second.new < CALLS as u64);
        let (all, missing) = (calls_requests(&stage) - asked, left[0].from().as_millis());
        assert!(all < 10, "only what is missing is asked for again: {all} pages from {missing}");

        // A third finds nothing to do, and asks for no call.
        stage.another_process().await;
        let asked = calls_requests(&stage);
        let third = stage.sync().await;
        assert!(third.success);
        assert_eq!((third.windows_planned, third.total_fetched), (0, 0));
        assert_eq!(calls_requests(&stage), asked);
    }

    /// A quiet week is proved to be quiet.
    async fn an_empty_window_is_covered_as_verified_empty(db) {
        let stage = stage(db, |it| it.world.calls = 0).await;
        let report = read_whole(&stage).await;
        assert_eq!(report.total_fetched, 0);
        assert!(report.windows_proved > 0);
        let rows = ledger(&stage).await.into_rows();
        assert!(rows.iter().all(|row| row.mark == Some(Mark::Empty) && row.listed == Some(0)));
    }

    /// Nobody could look, so nobody says that there was nothing.
    async fn a_failed_look_at_a_quiet_week_covers_nothing(db) {
        let stage = stage(db, |it| it.world.calls = 0).await;
        let fault = On::path("call-logs").forever().gives(What::status(500, "{}"));
        let report = read_with(&stage, fault).await;
        ended(&report, RunStatus::Failed, &["500"]);
        nothing_is_covered(&stage).await;
        assert!(marks(&stage).await.iter().all(|mark| matches!(mark, Mark::Unreachable(_))));
        heals(&stage).await;
        assert!(marks(&stage).await.iter().all(|mark| *mark == Mark::Empty));
    }

    /// The third page of a window fails: its first two are kept, and the window is not covered.
    async fn a_failed_page_covers_nothing(db) {
        let stage = stage(db, |_| {}).await;
        let until = stage.ctx.now() - MINUTE * 10;
        let on = On::path(&newest(&stage)).page(3).forever();
        let report = read_with(&stage, on.gives(What::status(502, "{}"))).await;
        ended(&report, RunStatus::Partial, &["page 3", "502"]);
        assert!(report.new > 20);
        assert_eq!(gaps(&stage, until).await, [Window::new(until - DAY * 16, until).unwrap()]);
        heals(&stage).await;
    }

    /// Both ends are in.
    async fn calls_on_the_edges_of_inclusive_ranges_are_counted_once(db) {
        edges_are_kept(db, RangeEnd::Inclusive, RangePrecision::Millisecond).await;
    }

    /// The end is out.
    async fn calls_on_the_edges_of_exclusive_ranges_are_counted_once(db) {
        edges_are_kept(db, RangeEnd::Exclusive, RangePrecision::Millisecond).await;
    }

    /// Both ends are in, to the second.
    async fn calls_on_the_edges_of_ranges_in_seconds_are_counted_once(db) {
        edges_are_kept(db, RangeEnd::Inclusive, RangePrecision::Second).await;
    }

    /// The end is out, to the second.
    async fn calls_on_the_edges_of_exclusive_ranges_in_seconds_are_counted_once(db) {
        edges_are_kept(db, RangeEnd::Exclusive, RangePrecision::Second).await;
    }

    /// East of Greenwich.
    async fn a_zone_ahead_of_utc_hides_no_call(db) { a_zone_shifts_the_range(db, 14 * 60).await; }

    /// West of it.
    async fn a_zone_behind_utc_hides_no_call(db) { a_zone_shifts_the_range(db, -12 * 60).await; }

    /// What was tried out and found shifted stays wide.
    async fn ranges_found_shifted_stay_wide(db) { ranges_are_tried_out(db, -5 * 60, HOUR * 26).await; }

    /// The other way too.
    async fn ranges_found_shifted_ahead_stay_wide(db) { ranges_are_tried_out(db, 14 * 60, HOUR * 26).await; }

    /// What was found exact is narrowed, and hides nothing either.
    async fn ranges_found_exact_are_narrowed(db) { ranges_are_tried_out(db, 0, HOUR * 2).await; }

    /// A window that has not happened cannot be read, and nothing is covered by asking for it.
    async fn a_window_in_the_future_covers_nothing(db) {
        let stage = stage(db, |_| {}).await;
        let now = stage.ctx.now();
        let report = stage.sync_window(now + HOUR, now + DAY).await;
        balanced(&report);
        assert_eq!((report.windows_planned, report.total_fetched), (0, 0));
        logged(&report, "too young");
        assert!(ledger(&stage).await.rows().is_empty());
    }

    /// A reversed window is no window at all.
    async fn a_reversed_window_is_refused_with_both_ends(db) {
        let stage = stage(db, |_| {}).await;
        let now = stage.ctx.now();
        let error = Window::new(now, now - DAY).unwrap_err().to_string();
        assert!(error.contains("2026-03-31T12:00:00Z") && error.contains("2026-03-30T12:00:00Z"));
        assert!(error.contains("swap the two"));
    }

    /// The end of an asked window that is too young is left for later.
    async fn an_asked_window_reaching_into_the_present_is_covered_up_to_the_lag(db) {
        let stage = stage(db, |_| {}).await;
        let now = stage.ctx.now();
        let report = stage.sync_window(now - HOUR * 3, now + HOUR).await;
        assert!(report.success);
        let rows = ledger(&stage).await.into_rows();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].window, Window::new(now - HOUR * 3, now - MINUTE * 10).unwrap());
    }

    /// When only a part can be read, it is the newest.
    async fn the_newest_window_is_read_first(db) {
        let stage = stage(db, |it| {
            it.engine.windows_beside = 1;
            it.source = |source| source.window_days_max = 8;
        }).await;
        stage.sync().await;
        let starts: Vec<i64> = stage.simulator.requests().iter().filter_map(|request| {
            let (_, rest) = request.query.split_once("startDate=")?;
            rest.split('&').next()?.parse().ok()
        }).collect();
        assert!(starts.len() > 4);
        assert!(starts.is_sorted_by(|a, b| a >= b), "{starts:?}");
        let planned = domain::plan(
            &domain::Coverage::default(),
            &stage.source.connection.capabilities(),
            stage.source.row.since,
            None,
            stage.ctx.now(),
        );
        assert!(planned.iter().all(|next| next.why == Why::Gap));
        assert!(Duration::from_hours(24 * 8) >= planned[0].window.length());
    }

    /// A list without a kind has live calls only: test calls are asked for beside it (A10).
    async fn test_calls_that_a_list_leaves_out_are_read(db) {
        let stage = stage(db, |it| it.simulator.omitted_call_type = OmittedCallType::LiveOnly).await;
        let report = read_whole(&stage).await;
        assert_eq!(report.new, CALLS as u64);
        let calls = stage.calls().await;
        assert!(calls.values().any(|call| call.tags.contains("test_call")), "the world has some");
        let again = stage.sync_all().await;
        balanced(&again);
        assert_eq!((again.new, again.updated), (0, 0));
    }

    /// A list that has both kinds is asked for once: its totals show that it has them.
    async fn a_list_that_has_test_calls_is_read_once(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let asked = stage.simulator.requests();
        let trials = asked.iter().filter(|request| request.query.contains("callType=TRIAL"));
        let queries: Vec<&str> = trials.map(|request| request.query.as_str()).collect();
        assert_eq!(queries.len(), 1, "its total, once");
        assert!(!queries[0].contains("startDate"));
    }
}
