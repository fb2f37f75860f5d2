use super::*;

const KIND: Kind = Kind { one: "number", many: "numbers", cure: "Set it" };
const OURS: &str = "https://calls.example.com/webhooks/phones";

fn teller(name: &str, tells: Option<&str>) -> Teller {
    Teller { name: name.to_owned(), tells: tells.map(str::to_owned), flaw: None }
}

/// What is said of numbers that tell these addresses, in order, when `expected` is.
fn check(tell: &[Option<&str>], wanted: Option<&str>, outcome: ProbeOutcome, sentence: &str) {
    let named = tell.iter().zip(1..).map(|(tells, nth)| teller(&format!("…010{nth}"), *tells));
    let tellers: Vec<Teller> = named.collect();
    let probe = judge(KIND, &tellers, expected(wanted).unwrap().as_ref());
    assert_eq!((probe.outcome, probe.sentence.as_str()), (outcome, sentence));
    assert_eq!(probe.hint.as_deref() == Some("Set it"), outcome == Wrong);
}

#[test]
fn what_is_expected_is_configured() {
    let one = "The one number tells calls.example.com of calls, as `webhook_url` says";
    check(&[Some(OURS)], Some(OURS), Right, one);
    let all = "All 3 numbers tell calls.example.com of calls, as `webhook_url` says";
    let retried = "https://calls.example.com:443/webhooks/phones/?number=7#rc=5&rp=all";
    check(&[Some(OURS), Some(retried), Some(OURS)], Some(OURS), Right, all);
}

#[test]
fn what_is_not_configured_is_named() {
    let sentence = "Of 3 numbers, 1 tells calls.example.com of calls, as `webhook_url` says; 2 tell nobody (…0102, …0103)";
    check(&[Some(OURS), None, None], Some(OURS), Wrong, sentence);
}

#[test]
fn what_has_drifted_is_named_by_its_host_alone() {
    let other = "https://api.example.org/twilio/callback?token=secret";
    let moved = "https://calls.example.com/other?token=secret";
    let plain = "http://calls.example.com/webhooks/phones";
    let sentence = "Of 4 numbers, 1 tells nobody (…0104); 3 have drifted (…0101 at api.example.org, …0102 at calls.example.com, by another path, …0103 at calls.example.com)";
    check(&[Some(other), Some(moved), Some(plain), None], Some(OURS), Wrong, sentence);
    check(
        &[Some("our secret")],
        Some(OURS),
        Wrong,
        "The one number has drifted (…0101 at what is no address)",
    );
}

#[test]
fn a_query_that_is_expected_must_be_there() {
    check(&[None], Some(OURS), Wrong, "The one number (…0101) tells nobody of calls");
    let with = "https://calls.example.com/webhooks/phones?key=1";
    let sentence = "The one number has drifted (…0101 at calls.example.com, by another path)";
    check(&[Some(OURS)], Some(with), Wrong, sentence);
}

#[test]
fn without_an_expectation_what_is_there_is_said() {
    let none = "None of 2 numbers tells anybody of its calls; they are found by reading alone";
    check(&[None, None], None, Notable, none);
    let some = "Of 3 numbers, 2 tell calls.example.com; 1 tells nobody (…0102)";
    check(&[Some(OURS), None, Some(OURS)], None, Notable, some);
    check(&[Some(OURS); 2], None, Right, "Of 2 numbers, 2 tell calls.example.com");
    check(&[], Some(OURS), Right, "There are no numbers that could tell of calls");
}

#[test]
fn a_flaw_is_a_drift_of_the_right_address() {
    let flaw = Some("which is switched off".to_owned());
    let flawed = [Teller { flaw, ..teller("Front desk", Some(OURS)) }];
    let probe = judge(KIND, &flawed, expected(Some(OURS)).unwrap().as_ref());
    assert_eq!(probe.outcome, Wrong);
    assert!(probe.sentence.contains("(Front desk, which is switched off)"), "{probe:?}");
    let probe = judge(KIND, &flawed, None);
    assert!(probe.sentence.contains("nothing useful comes from Front desk"), "{probe:?}");
}

#[test]
fn many_names_are_cut() {
    let tellers: Vec<Teller> = (0..14).map(|nth| teller(&format!("a{nth}"), None)).collect();
    let probe = judge(KIND, &tellers, expected(Some(OURS)).unwrap().as_ref());
    assert!(probe.sentence.ends_with("a8, a9 and 4 more)"), "{probe:?}");
}

#[test]
fn only_an_address_can_be_expected() {
    assert_eq!(expected(None).unwrap(), None);
    for text in ["", "calls.example.com", "ftp://calls.example.com", "https://", "secret-1"] {
        let error = expected(Some(text)).unwrap_err().to_string();
        assert!(error.contains("`webhook_url`") && !error.contains("secret"), "{error}");
    }
}

#[test]
fn a_number_is_named_by_its_last_four_digits() {
    assert_eq!(last_four("+12125550142"), "…0142");
    assert_eq!(last_four("12"), "…12");
    assert_eq!(last_four(""), "…");
}
