use super::*;

const ALL: [JobStatus; 5] = [
    JobStatus::Waiting,
    JobStatus::Running,
    JobStatus::Done,
    JobStatus::Failed,
    JobStatus::Cancelled,
];

fn at(text: &str) -> Timestamp {
    Timestamp::parse_human(text).expect("the test names an instant")
}

fn check(kind: JobKind, from: &str, to: &str, said: &str) {
    let end = |text: &str| (text != "-").then(|| at(text));
    let parameters = JobParameters { from: end(from), to: end(to), ..JobParameters::default() };
    let checked = parameters.check(kind, at("2026-03-20T12:00:00Z"));
    let sentence = checked.map_or_else(|refused| refused.to_string(), |()| "right".to_owned());
    assert!(sentence.starts_with(said), "{sentence}");
}

#[test]
fn a_span_is_in_the_past_and_runs_forwards_or_is_left_out() {
    check(JobKind::Sync, "-", "-", "right");
    check(JobKind::Sync, "2026-03-01", "2026-03-02", "right");
    check(JobKind::Repair, "2026-03-19", "2026-03-20T12:00:00Z", "right");
    check(
        JobKind::Sync,
        "2026-03-21",
        "2026-03-22",
        "the span begins at 2026-03-21T00:00:00Z, which is in the future",
    );
    check(
        JobKind::Compare,
        "2026-03-19",
        "2026-03-21",
        "the span ends at 2026-03-21T00:00:00Z, which is in the future",
    );
    check(
        JobKind::Sync,
        "2026-03-02",
        "2026-03-01",
        "the span begins at 2026-03-02T00:00:00Z, which does not lie before",
    );
    check(
        JobKind::Sync,
        "2026-03-02",
        "2026-03-02",
        "the span begins at 2026-03-02T00:00:00Z, which does not lie before",
    );
    check(
        JobKind::Sync,
        "2026-03-02",
        "-",
        "a span has both a beginning and an end; without both, whatever is missing",
    );
    check(
        JobKind::Compare,
        "-",
        "2026-03-02",
        "a span has both a beginning and an end; without both, the last thirty",
    );
}

#[test]
fn what_makes_no_sense_together_is_refused() {
    let now = at("2026-03-20");
    let refused = |kind, parameters: JobParameters| parameters.check(kind, now).err();
    let bare = JobParameters::default();
    let dry = JobParameters { dry_run: true, ..bare };
    assert_eq!(refused(JobKind::Sync, dry), None);
    assert_eq!(refused(JobKind::Compare, dry), Some(JobRefused::NoDryRun));
    assert_eq!(refused(JobKind::Repair, dry), Some(JobRefused::NoDryRun));
    let account = JobParameters { account: Some(AccountId(1)), ..bare };
    assert_eq!(refused(JobKind::Sync, account), Some(JobRefused::NoAccount));
    assert_eq!(refused(JobKind::Compare, account), None);
    let raw = JobParameters { keeps_raw: true, ..bare };
    assert_eq!(refused(JobKind::Sync, raw), Some(JobRefused::KeepsRawAnyway));
    assert_eq!(refused(JobKind::Repair, raw), None);
}

#[test]
fn what_has_ended_stays_as_it_is() {
    for from in ALL {
        let next: Vec<&str> =
            ALL.into_iter().filter(|to| from.may_become(*to)).map(JobStatus::as_str).collect();
        match from {
            JobStatus::Waiting => assert_eq!(next, ["running", "cancelled"]),
            JobStatus::Running => assert_eq!(next.len(), ALL.len()),
            _ => assert!(next.is_empty() && from.has_ended(), "{from}: {next:?}"),
        }
    }
}

#[test]
fn what_is_asked_twice_is_written_the_same_way() {
    let asked = JobParameters {
        from: Some(at("2026-03-01")),
        to: Some(at("2026-03-02")),
        ..JobParameters::default()
    };
    let text = serde_json::to_string(&asked).expect("it has a JSON form");
    assert_eq!(
        text,
        r#"{"from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z","account":null,"dryRun":false,"keepsRaw":false}"#
    );
    let read: JobParameters = serde_json::from_str(&text).expect("it is read again");
    assert_eq!(read, asked);
    assert_eq!(serde_json::from_str::<JobParameters>("{}").ok(), Some(JobParameters::default()));
}

#[test]
fn only_a_comparison_is_with_another_source() {
    let other = Some(crate::SourceId(7));
    let with = JobParameters { with_source: other, ..JobParameters::default() };
    let checked = |kind, parameters: JobParameters| parameters.check(kind, at("2026-03-20"));
    assert_eq!(checked(JobKind::Compare, with), Ok(()));
    for kind in [JobKind::Sync, JobKind::Repair] {
        assert_eq!(checked(kind, with), Err(JobRefused::NoOtherSource));
    }
    let raw = JobParameters { keeps_raw: true, ..with };
    assert_eq!(checked(JobKind::Compare, raw), Err(JobRefused::KeptOnBothSides));
    let far = JobParameters { tolerance_seconds: Some(30), ..JobParameters::default() };
    assert_eq!(checked(JobKind::Sync, far), Err(JobRefused::NoTolerance));
    assert_eq!(checked(JobKind::Repair, far), Ok(()));
}

/// Jobs that were asked for before there were other sources are still the same jobs.
#[test]
fn what_is_not_asked_for_is_not_written() {
    let written = serde_json::to_string(&JobParameters::default()).expect("it is written");
    assert!(!written.contains("withSource") && !written.contains("toleranceSeconds"), "{written}");
}
