//! A file that a person downloaded, against the database.

use std::fmt::Write as _;

use domain::{Country, Timestamp, WallClock, Window};
use engine::compare::{
    Columns, CompareError, CompareOptions, CompareReport, FileSide, compare_with_file,
};
use store::CallRow;
use testkit::{Stage, on_both_databases};
use tokio_util::sync::CancellationToken;

use super::{causes, lose};
use crate::play::*;

/// The same without ids: who called, when, and how long.
fn export_without_ids<'a>(calls: impl IntoIterator<Item = &'a CallRow>, shown: Shown) -> String {
    let mut text = String::from("Caller;Date;Duration\n");
    for call in calls {
        let named = export([call], shown);
        let fields: Vec<&str> = named.lines().nth(1).unwrap().split(';').collect();
        let caller = call.from_e164.as_deref().unwrap_or_default();
        writeln!(text, "{caller};{};{}", fields[2], fields[3]).unwrap();
    }
    text
}

/// How far two sides may lie apart that share no ids.
fn near() -> CompareOptions {
    let far = domain::PAIRING_TOLERANCE;
    let tolerances = domain::Tolerances { time: far, duration: far };
    CompareOptions { tolerances, ..CompareOptions::default() }
}

async fn paired(stage: &Stage, text: &str) -> CompareReport {
    compared_with(stage, text, None, near()).await.unwrap()
}

/// How a provider's screen shows times: by a clock so many hours behind UTC, or with `Z`.
#[derive(Clone, Copy)]
enum Shown {
    Utc,
    HoursBehind(u32),
}

/// What a provider's screen exports of these calls.
fn export<'a>(calls: impl IntoIterator<Item = &'a CallRow>, shown: Shown) -> String {
    let mut text = String::from("Call ID;Agent ID;Date;Duration\n");
    for call in calls {
        let at = Timestamp::from_millis(call.occurred_at);
        let time = match shown {
            Shown::Utc => at.to_string(),
            Shown::HoursBehind(hours) => {
                let local = (at - HOUR * hours).to_string();
                local.trim_end_matches('Z').replace('T', " ")
            }
        };
        let agent = call.provider_agent_id.as_deref().unwrap_or_default();
        let seconds = call.duration_ms.unwrap_or_default() / 1000;
        writeln!(text, "{};{agent};{time};{seconds}", call.provider_call_id).unwrap();
    }
    text
}

fn read(text: &str) -> FileSide {
    let (said, stop) = (Columns::default(), CancellationToken::new());
    FileSide::read("calls.csv", text.as_bytes(), &said, Country::US, &stop).unwrap()
}

async fn compared_with(
    stage: &Stage,
    text: &str,
    clock: Option<WallClock>,
    options: CompareOptions,
) -> Result<CompareReport, CompareError> {
    let before = (ledger(stage).await, stage.calls().await);
    let lag = stage.source.connection.capabilities().lag;
    let requests = stage.simulator.requests_count();
    let (row, file) = (&stage.source.row, read(text));
    let report = compare_with_file(&stage.ctx, row, lag, file, clock, &options).await;
    assert_eq!(before, (ledger(stage).await, stage.calls().await), "it changes nothing");
    assert_eq!(stage.simulator.requests_count(), requests, "the provider is not asked");
    if let Ok(report) = &report {
        assert!(report.balances(), "{report:#?}");
        let run = stage.db.store.run_get(report.sync_log_id).await.unwrap().unwrap();
        run.accounts().balance().unwrap();
        assert_eq!(run.kind, "diagnostic");
    }
    report
}

async fn compared(stage: &Stage, text: &str) -> CompareReport {
    compared_with(stage, text, None, CompareOptions::default()).await.unwrap()
}

on_both_databases! {
    /// A file of what we hold finds nothing, whatever the order of its rows.
    async fn a_file_of_our_own_calls_finds_nothing(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let calls = stage.calls().await;
        let report = compared(&stage, &export(calls.values().rev(), Shown::Utc)).await;
        assert_eq!((causes(&report), report.summary.matching), (String::new(), CALLS as u64));
        let file = report.file.unwrap();
        assert_eq!((file.rows, file.unreadable, file.duplicates), (CALLS as u64, 0, 0));
        assert_eq!(file.columns, "agent=Agent ID,duration=Duration,id=Call ID,time=Date");
        assert_eq!(file.clock, None);
    }

    /// What only the file has is missing here with its cause; what it leaves out within its span is
    /// only here; what lies outside of its span is not judged.
    async fn what_only_one_side_has_is_named(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let mut calls: Vec<CallRow> = stage.calls().await.into_values().collect();
        calls.sort_by_key(|call| call.occurred_at);
        let text = export(calls[10..].iter().filter(|call| **call != calls[50]), Shown::Utc);
        lose(&stage, 3).await;
        let left = stage.calls().await;
        let is_gone = |call: &&CallRow| !left.contains_key(&call.provider_call_id);
        let gone = calls[10..].iter().filter(is_gone).filter(|call| **call != calls[50]).count();
        let report = compared(&stage, &text).await;
        assert_eq!(report.reason_breakdown.get("filtering_or_sync_issue").copied().unwrap_or(0), gone as u64);
        let extra: Vec<&str> = report.extra_calls.iter().map(|call| call.call_id.as_str()).collect();
        let expected: Vec<&str> = left.get(&calls[50].provider_call_id).iter().map(|call| call.provider_call_id.as_str()).collect();
        assert_eq!(extra, expected);
        let from = Timestamp::from_millis(calls[10].occurred_at);
        assert_eq!(report.summary.date_range.from, from, "its own span bounds the comparison");
    }

    /// Local times: the zone is found from the calls that both have, and told.
    async fn times_without_a_zone_are_understood_by_the_calls_both_have(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let calls = stage.calls().await;
        let text = export(calls.values(), Shown::HoursBehind(5));
        let report = compared(&stage, &text).await;
        assert_eq!((causes(&report), report.summary.matching), (String::new(), CALLS as u64));
        let clock = report.file.unwrap().clock.unwrap();
        assert!(clock.starts_with("UTC-05:00 (160 of 160"), "{clock}");

        let said = Some(WallClock::ahead(-240));
        let report = compared_with(&stage, &text, said, CompareOptions::default()).await.unwrap();
        assert_eq!(report.summary.differing, CALLS as u64, "what a person says goes before");
    }

    /// With too few calls in common nobody guesses: the times are read as UTC, and that is said.
    async fn a_zone_that_nothing_tells_is_said_to_be_unknown(db) {
        let stage = stage(db, |_| {}).await;
        let text = "id,date\nx,2026-03-20 10:00:00\ny,2026-03-21 10:00:00\n";
        let report = compared(&stage, text).await;
        assert_eq!(causes(&report), "missing 2 window_not_fetched");
        assert!(report.doubts[0].contains("say no zone"), "{:?}", report.doubts);
    }

    /// A tolerance in seconds, also across the edges of windows.
    async fn times_within_the_tolerance_are_the_same(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let mut calls = stage.calls().await;
        for call in calls.values_mut() {
            call.occurred_at -= call.occurred_at % 60_000;
        }
        let text = export(calls.values(), Shown::Utc);
        let far = |seconds| {
            let far = std::time::Duration::from_secs(seconds);
            let tolerances = domain::Tolerances { time: far, duration: far };
            CompareOptions { tolerances, ..CompareOptions::default() }
        };
        let wide = compared_with(&stage, &text, None, far(60)).await.unwrap();
        // The last call of the span may lie after the file's own end, and is found by its id.
        assert_eq!((causes(&wide), wide.summary.differing), (String::new(), 0));
        let narrow = compared_with(&stage, &text, None, far(0)).await.unwrap();
        assert!(narrow.summary.differing > CALLS as u64 / 2);
    }

    /// Duplicates, unreadable rows and headers among the rows are counted, and all adds up.
    async fn every_row_of_a_file_is_accounted_for(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let calls = stage.calls().await;
        let text = export(calls.values(), Shown::Utc);
        let first = text.lines().nth(1).unwrap();
        let text = format!("{text}{first}\n;;2026-03-20T10:00:00Z;5\nz;;soon;5\nCall ID;Agent ID;Date;Duration\n");
        let report = compared(&stage, &text).await;
        let file = report.file.as_ref().unwrap();
        assert_eq!((file.rows, file.duplicates, file.unreadable, file.headers_repeated), (CALLS as u64 + 3, 1, 2, 1));
        assert_eq!(file.duplicate_ids, [first.split(';').next().unwrap()]);
        assert_eq!((causes(&report), report.summary.set_aside), (String::new(), 2));
    }

    /// Only what lies in the span asked for is compared; a call that the file has outside of it and
    /// we have inside is only here.
    async fn a_span_narrows_what_is_compared(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let mut calls: Vec<CallRow> = stage.calls().await.into_values().collect();
        calls.sort_by_key(|call| call.occurred_at);
        let at = |nth: usize| Timestamp::from_millis(calls[nth].occurred_at);
        let window = Window::new(at(40), at(80)).ok();
        let options = CompareOptions { window, ..CompareOptions::default() };
        let mut told = calls.clone();
        told[60].occurred_at = calls[120].occurred_at;
        let text = export(&told, Shown::Utc);
        let report = compared_with(&stage, &text, None, options).await.unwrap();
        assert_eq!(report.summary.matching, 39);
        assert_eq!(causes(&report), "extra 1 not_in_provider_response");
        assert_eq!(report.file.as_ref().unwrap().outside_span, CALLS as u64 - 39);
        let nowhere = Window::new(at(0) - HOUR, at(0)).ok();
        let options = CompareOptions { window: nowhere, ..CompareOptions::default() };
        let refused = compared_with(&stage, &text, None, options).await;
        assert!(matches!(refused, Err(CompareError::NothingInSpan { .. })), "{refused:?}");
    }

    /// A call at another time in the file is told once, as a difference, wherever the two lie.
    async fn a_call_at_another_time_is_one_difference(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let mut calls: Vec<CallRow> = stage.calls().await.into_values().collect();
        calls.sort_by_key(|call| call.occurred_at);
        let (early, late) = (calls[20].occurred_at, calls[140].occurred_at);
        calls[30].occurred_at = late + 5_000;
        calls[130].occurred_at = early + 5_000;
        let report = compared(&stage, &export(&calls, Shown::Utc)).await;
        assert_eq!((causes(&report), report.summary.differing), (String::new(), 2));
        assert!(report.differing_calls.iter().all(|call| call.fields == ["time"]));
    }

    /// Without ids, calls are paired by numbers and times; whoever shows no number is neither missing
    /// nor extra.
    async fn a_file_without_ids_is_paired_by_numbers_and_times(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let mut calls: Vec<CallRow> = stage.calls().await.into_values().collect();
        let shown = calls.iter().filter(|call| call.from_e164.is_some()).count() as u64;
        let hidden = CALLS as u64 - shown;
        for call in &mut calls {
            call.occurred_at += 20_000;
        }
        let report = paired(&stage, &export_without_ids(calls.iter().rev(), Shown::Utc)).await;
        assert_eq!((causes(&report), report.summary.matching), (String::new(), shown));
        assert_eq!((report.summary.set_aside, report.summary.could_not_look), (hidden, hidden));
        let pairing = report.pairing.unwrap();
        assert_eq!((pairing.by_number, pairing.by_id, pairing.ambiguous), (shown, 0, 0));
        assert_eq!(report.file.unwrap().columns, "duration=Duration,from=Caller,time=Date");
    }

    /// What only one side has is named, a row by its number.
    async fn what_a_file_without_ids_lacks_or_has_more_is_named(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let mut calls: Vec<CallRow> =
            stage.calls().await.into_values().filter(|call| call.from_e164.is_some()).collect();
        calls.sort_by_key(|call| call.occurred_at);
        let (there, gone) = (&calls[50], &calls[70]);
        let text = export_without_ids(calls.iter().filter(|call| *call != there), Shown::Utc);
        let id = gone.provider_call_id.replace('\'', "");
        stage.db.execute(&format!("DELETE FROM calls WHERE provider_call_id = '{id}'")).await;
        let report = paired(&stage, &text).await;
        assert_eq!(causes(&report), "missing 1 late, extra 1 not_in_provider_response");
        assert_eq!(report.extra_calls[0].call_id, there.provider_call_id);
        // The header is the first row, and one call before it was left out.
        assert_eq!(report.missing_calls[0].call_id, "row 000000071");
        assert_eq!(report.missing_calls[0].call_date.as_millis(), gone.occurred_at);
    }

    /// Local times of a file without ids: the zone is told by the numbers of the calls.
    async fn the_zone_of_a_file_without_ids_is_found_by_numbers(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let calls = stage.calls().await;
        let shown: Vec<&CallRow> = calls.values().filter(|call| call.from_e164.is_some()).collect();
        let text = export_without_ids(shown.iter().copied(), Shown::HoursBehind(7));
        let report = paired(&stage, &text).await;
        assert_eq!((causes(&report), report.summary.matching), (String::new(), shown.len() as u64));
        let clock = report.file.unwrap().clock.unwrap();
        assert!(clock.starts_with("UTC-07:00"), "{clock}");
    }

    /// Two calls of one caller in one second: both are there, and which is which nobody can tell.
    async fn rows_that_look_alike_are_paired_and_said_to_be_ambiguous(db) {
        let stage = stage(db, |_| {}).await;
        let twice = || simulators::NewCall {
            from_number: Some("+12015550177".to_owned()),
            ..call_ago(&stage, DAY * 3)
        };
        stage.simulator.mutate(|world| (world.insert(twice()), world.insert(twice())));
        read_whole(&stage).await;
        let calls = stage.calls().await;
        let shown: Vec<&CallRow> = calls.values().filter(|call| call.from_e164.is_some()).collect();
        let report = paired(&stage, &export_without_ids(shown.iter().copied(), Shown::Utc)).await;
        assert_eq!((causes(&report), report.summary.matching), (String::new(), shown.len() as u64));
        assert_eq!(report.pairing.unwrap().ambiguous, 2);
    }

    /// A span cuts rows off, and one just beyond it may be the other half of a call inside.
    async fn a_span_narrows_a_file_without_ids(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let mut calls: Vec<CallRow> =
            stage.calls().await.into_values().filter(|call| call.from_e164.is_some()).collect();
        calls.sort_by_key(|call| call.occurred_at);
        let at = |nth: usize| Timestamp::from_millis(calls[nth].occurred_at);
        let window = Window::new(at(40), at(80)).ok();
        let options = CompareOptions { window, ..near() };
        let mut told = calls.clone();
        told[40].occurred_at -= 25_000;
        let text = export_without_ids(&told, Shown::Utc);
        let report = compared_with(&stage, &text, None, options).await.unwrap();
        let inside = calls.iter().filter(|call| (at(40)..at(80)).contains(&Timestamp::from_millis(call.occurred_at)));
        let inside = inside.count() as u64;
        assert_eq!((causes(&report), report.summary.matching), (String::new(), inside));
        assert_eq!(report.file.unwrap().outside_span, calls.len() as u64 - inside);
    }
}
