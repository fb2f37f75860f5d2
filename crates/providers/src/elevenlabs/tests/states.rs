//! Where a call stands, and what is still owed of it.

use domain::{Awaited, CallStatus};
use serde_json::{Value, json};

use super::records::read;
use super::{START, detail, row};
use crate::elevenlabs::wire::detailed;

/// A row and a detail in these states; `-` is without that part.
fn both(of_row: &str, of_detail: &str) -> Value {
    let mut record = json!({});
    if of_row != "-" {
        let mut row = row("conv_1", START);
        row["status"] = json!(of_row);
        if of_row != "done" {
            row["transcript_summary"] = Value::Null;
        }
        record["list"] = row;
    }
    if of_detail != "-" {
        let mut detail = detail("conv_1");
        detail["status"] = json!(of_detail);
        if of_detail != "done" {
            detail["analysis"] = Value::Null;
        }
        record["detail"] = detail;
    }
    record
}

fn check(of_row: &str, of_detail: &str, status: CallStatus, awaits: Option<Awaited>) {
    let call = read(&both(of_row, of_detail));
    assert_eq!((call.status, call.awaits), (status, awaits), "{of_row} {of_detail}");
    let has_ended = !matches!(status, CallStatus::Initiated | CallStatus::InProgress);
    assert_eq!(call.duration.is_some(), has_ended, "{of_row} {of_detail}");
}

#[test]
fn each_state_says_what_it_awaits() {
    use Awaited::{Analysis, Detail, Ending};
    use CallStatus::{Completed, Failed, InProgress, Initiated, Unknown};
    check("initiated", "-", Initiated, Some(Detail));
    check("in-progress", "-", InProgress, Some(Detail));
    check("processing", "-", Completed, Some(Detail));
    check("failed", "-", Failed, Some(Detail));
    check("archived", "-", Unknown, Some(Detail));
    check("-", "initiated", Initiated, Some(Ending));
    check("-", "in-progress", InProgress, Some(Ending));
    check("-", "in_progress", InProgress, Some(Ending));
    check("-", "processing", Completed, Some(Analysis));
    check("-", "done", Completed, None);
    check("-", "archived", Unknown, Some(Analysis));
}

#[test]
fn whichever_part_is_further_speaks_for_the_call() {
    use Awaited::{Analysis, Detail};
    use CallStatus::{Completed, InProgress};
    check("in-progress", "done", Completed, None);
    check("done", "in-progress", Completed, Some(Detail));
    check("in-progress", "processing", Completed, Some(Analysis));
    check("in-progress", "initiated", InProgress, Some(Detail));
    check("archived", "done", Completed, None);
}

#[test]
fn a_detail_without_words_or_analysis_is_waited_for() {
    let mut silent = both("-", "processing");
    silent["detail"]["transcript"] = json!([]);
    assert_eq!(read(&silent).awaits, Some(Awaited::Transcript));
    let mut unanalysed = both("-", "done");
    unanalysed["detail"]["analysis"] = Value::Null;
    assert_eq!(read(&unanalysed).awaits, Some(Awaited::Analysis));
}

#[test]
fn a_failed_call_is_analysed_only_if_somebody_spoke() {
    let mut failed = both("-", "failed");
    assert_eq!(read(&failed).awaits, Some(Awaited::Analysis));
    failed["detail"]["transcript"] = json!([]);
    assert_eq!(read(&failed).awaits, None);
}

#[test]
fn the_line_says_what_became_of_a_call_once_it_has_ended() {
    for (state, result, status) in [
        ("done", "voicemail", CallStatus::Voicemail),
        ("done", "answered", CallStatus::Completed),
        ("failed", "busy", CallStatus::Busy),
        ("failed", "no_answer", CallStatus::NoAnswer),
        ("failed", "failed", CallStatus::Failed),
        ("failed", "answered", CallStatus::Failed),
        ("done", "teleported", CallStatus::Completed),
        ("in-progress", "answered", CallStatus::InProgress),
    ] {
        let mut record = both("-", state);
        record["detail"]["metadata"]["phone_call"]["call_result"] = json!(result);
        assert_eq!(read(&record).status, status, "{state} {result}");
    }
}

#[test]
fn a_call_cut_off_by_an_error_is_no_orderly_end() {
    for (error, status) in [
        (json!({ "code": 1002, "reason": "quota" }), CallStatus::Failed),
        (json!({ "code": 1000, "reason": "max_duration_exceeded" }), CallStatus::Completed),
        (json!({ "code": null }), CallStatus::Completed),
    ] {
        let mut record = both("-", "done");
        record["detail"]["metadata"]["error"] = error.clone();
        assert_eq!(read(&record).status, status, "{error}");
    }
}

#[test]
fn a_row_that_says_more_than_the_detail_asks_for_it_again() {
    for (field, value) in [
        ("transcript_summary", json!("Asked about prices, and for a call back.")),
        ("call_duration_secs", json!(23)),
        ("cost", json!(300)),
    ] {
        let mut record = both("done", "done");
        record["list"][field] = value;
        assert_eq!(read(&record).awaits, Some(Awaited::Detail), "{field}");
    }
    let mut late_cost = both("done", "done");
    late_cost["detail"]["metadata"]["cost"] = Value::Null;
    assert_eq!(read(&late_cost).awaits, Some(Awaited::Detail));
}

#[test]
fn a_row_that_lost_its_words_asks_for_nothing() {
    let mut emptied = both("done", "done");
    for field in ["transcript_summary", "message_count", "cost"] {
        emptied["list"][field] = Value::Null;
    }
    let call = read(&emptied);
    assert_eq!(call.awaits, None);
    assert!(call.transcript.is_some() && call.summary.is_some());
}

#[test]
fn an_emptied_detail_stands_beside_the_one_held() {
    let mut gone = detail("conv_1");
    gone["transcript"] = json!([]);
    gone["analysis"] = Value::Null;
    let asked = domain::ProviderCallId("conv_1".to_owned());
    let part_of = |detail: &Value| {
        let record = detailed(&detail.to_string().into(), &asked).unwrap();
        let parts = crate::parts::read(&record.bytes).unwrap();
        parts.keys().next().map(|name| (*name).to_owned()).unwrap()
    };
    assert_eq!(part_of(&gone), "detail", "nothing says that it was deleted");
    let deletion = json!({ "deleted_transcript_at_time_unix_secs": START });
    gone["metadata"]["deletion_settings"] = deletion;
    assert_eq!(part_of(&gone), "emptied");

    let alone = read(&json!({ "list": row("conv_1", START), "emptied": gone }));
    assert_eq!((alone.awaits, alone.transcript), (None, None));
    let held = read(&json!({ "detail": detail("conv_1"), "emptied": gone }));
    assert_eq!(held.awaits, None);
    assert!(held.transcript.is_some());
}
