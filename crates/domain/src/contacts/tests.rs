use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{ContactId, Country, Phone, Timestamp, WaitingReason};

/// Candidates as `contact`, `contact>root` or `contact!` for one with another id of the kind.
fn candidate(text: &str) -> Candidate {
    let has_other_id = text.ends_with('!');
    let text = text.trim_end_matches('!');
    let (contact, root) = text.split_once('>').unwrap_or((text, text));
    let id = |text: &str| ContactId(text.parse().expect("the test names a number"));
    Candidate { contact: id(contact), root: id(root), has_other_id }
}

fn check(policy: ContactPolicy, names: &str, by_id: Option<&str>, by_phone: &[&str], who: &str) {
    let caller = Caller {
        phone: names.contains("phone").then(|| "+12015550123".to_owned()),
        external: names.contains("code").then(|| ExternalId::lead_code("1234567890123")).flatten(),
        fields: ContactFields::new(),
    };
    let candidates = Candidates {
        by_external_id: by_id.map(candidate),
        by_phone: by_phone.iter().map(|text| candidate(text)).collect(),
    };
    let said = match identify(policy, &caller, &candidates) {
        Identified::Known(contact, by) => format!("{contact} by {}", by.as_str()),
        Identified::New(by) => format!("new by {}", by.as_str()),
        Identified::Waiting(reason) => reason.to_string(),
        Identified::NotAsked => "not asked".to_owned(),
    };
    assert_eq!(said, who, "{policy} {names} {by_id:?} {by_phone:?}");
}

#[test]
fn the_id_wins_over_the_number() {
    for policy in [ContactPolicy::Matched, ContactPolicy::Created] {
        check(policy, "code phone", Some("1"), &["2"], "1 by external_id");
        check(policy, "code phone", Some("1"), &["1", "2"], "1 by external_id");
        check(policy, "code phone", None, &["2"], "2 by phone");
        check(policy, "phone", None, &["2"], "2 by phone");
    }
}

#[test]
fn a_number_several_people_have_is_a_reason_and_not_a_guess() {
    for policy in [ContactPolicy::Matched, ContactPolicy::Created] {
        check(policy, "phone", None, &["1", "2"], "contact_ambiguous");
        check(policy, "phone", None, &["1", "2>1"], "1 by phone");
        check(policy, "phone", None, &["3>1", "2>1"], "2 by phone");
        check(policy, "phone", None, &["3>1", "2>1", "4"], "contact_ambiguous");
    }
}

#[test]
fn a_number_does_not_find_somebody_with_another_id() {
    check(ContactPolicy::Matched, "code phone", None, &["1!"], "contact_not_found");
    check(ContactPolicy::Matched, "code phone", None, &["1!", "2"], "2 by phone");
    check(ContactPolicy::Created, "code phone", None, &["1!"], "new by external_id");
}

#[test]
fn who_is_unknown_is_made_or_waited_for() {
    check(ContactPolicy::Created, "phone", None, &[], "new by phone");
    check(ContactPolicy::Created, "", None, &[], "not asked");
    check(ContactPolicy::Matched, "phone", None, &[], "contact_not_found");
    check(ContactPolicy::Matched, "code", None, &[], "contact_not_found");
    check(ContactPolicy::Matched, "", None, &[], "no_phone_in_call");
    check(ContactPolicy::Off, "code phone", Some("1"), &["1"], "not asked");
    assert!(WaitingReason::ALL.iter().filter(|reason| reason.is_about_contact()).count() == 3);
}

#[test]
fn a_lead_code_has_thirteen_digits_and_nothing_else() {
    let is_code = |text: &str| ExternalId::lead_code(text).is_some();
    assert!(is_code("1234567890123") && is_code(" 1234567890123 "));
    let others = ["", "123456789012", "12345678901234", "12345678901A3", "1234567890 23"];
    assert!(!others.into_iter().any(is_code));
    // Digits of other scripts are no digits of a code.
    assert!(!is_code("١٢٣٤٥٦٧٨٩٠١٢٣"));
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn extracted(value: &Value, millis: i64) -> ContactFields {
    ContactFields::extracted(Some(value), at(millis), Country::US)
}

#[test]
fn later_calls_add_without_erasing() {
    let mut known =
        extracted(&json!({"first_name": "Ada", "last_name": "Low", "day": "Monday"}), 1);
    let later =
        json!({"first_name": " ", "last_name": null, "day": "Friday", "email": "a@b.example"});
    assert!(known.merge(&extracted(&later, 2)));
    assert_eq!(known.text("first_name").as_deref(), Some("Ada"));
    assert_eq!(known.text("last_name").as_deref(), Some("Low"));
    assert_eq!(known.text("day").as_deref(), Some("Friday"));
    assert_eq!(known.text("email").as_deref(), Some("a@b.example"));
    assert!(!known.merge(&extracted(&json!({"day": "Tuesday"}), 1)), "an older call arrives late");
    assert_eq!(known.text("day").as_deref(), Some("Friday"));
}

#[test]
fn what_has_no_field_of_its_own_is_custom_and_the_business_is_the_accounts() {
    let said = json!({
        "business_name": "Wrong", "phone_number": "(201) 555-0123", "budget": 12, "notes": [],
    });
    let fields = extracted(&said, 1);
    assert_eq!(fields.text("phone").as_deref(), Some("+12015550123"));
    assert_eq!(fields.custom().collect::<Vec<_>>(), [("budget", &json!(12))]);
}

#[test]
fn the_number_that_was_dialled_goes_before_the_one_that_was_said() {
    let mut call = call();
    call.extracted = Some(json!({"phone": "201 555 0199"}));
    let of = |call: &crate::Call| {
        Caller::of(call, crate::ProviderKind::Teli, Country::US).phone.unwrap_or_default()
    };
    call.direction = Some(crate::Direction::Inbound);
    assert_eq!(of(&call), "+12015550199");
    call.from = Some(Phone::new("2015550123", Country::US));
    assert_eq!(of(&call), "+12015550123");
    call.direction = Some(crate::Direction::Outbound);
    assert_eq!(of(&call), "+12015550199", "the called number is the person's");
}

fn any_fields() -> impl Strategy<Value = ContactFields> {
    let value = prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        "[a-c]".prop_map(Value::String),
        (0..3_i32).prop_map(|number| json!(number)),
    ];
    let one = ("[a-c]", value, 0..4_i64);
    proptest::collection::vec(one, 0..6).prop_map(|all| {
        let mut fields = ContactFields::new();
        for (name, value, millis) in all {
            fields.state(&name, value, at(millis));
        }
        fields
    })
}

fn merged(all: &[&ContactFields]) -> ContactFields {
    let mut fields = ContactFields::new();
    for one in all {
        fields.merge(one);
    }
    fields
}

proptest! {
    #[test]
    fn in_whatever_order_calls_are_read_a_contact_comes_out_the_same(
        a in any_fields(), b in any_fields(), c in any_fields()
    ) {
        let known = merged(&[&a, &b, &c]);
        prop_assert_eq!(&merged(&[&c, &a, &b]), &known);
        prop_assert_eq!(&merged(&[&b, &c, &a, &b, &c]), &known, "twice is once");
        prop_assert_eq!(&merged(&[&a, &merged(&[&b, &c])]), &known);
    }

    #[test]
    fn nothing_known_is_ever_erased(a in any_fields(), b in any_fields()) {
        let both = merged(&[&a, &b]);
        for name in ["a", "b", "c"] {
            let was_known = a.get(name).is_some() || b.get(name).is_some();
            prop_assert_eq!(both.get(name).is_some(), was_known);
        }
    }

    #[test]
    fn what_is_kept_is_read_back(fields in any_fields()) {
        prop_assert_eq!(ContactFields::from_json(&fields.to_json()).ok(), Some(fields));
    }

    #[test]
    fn nobody_is_found_who_is_no_candidate(
        has_phone: bool, others in proptest::collection::vec((1..4_i64, 1..4_i64, any::<bool>()), 0..4)
    ) {
        let by_phone: Vec<Candidate> = others
            .iter()
            .map(|(contact, root, has_other_id)| Candidate {
                contact: ContactId(*contact), root: ContactId(*root), has_other_id: *has_other_id,
            })
            .collect();
        let caller = Caller { phone: has_phone.then(|| "+12015550123".to_owned()), ..Caller::default() };
        let candidates = Candidates { by_external_id: None, by_phone };
        if let Identified::Known(found, by) = identify(ContactPolicy::Matched, &caller, &candidates) {
            prop_assert_eq!(by, FoundBy::Phone);
            let theirs = candidates.by_phone.iter().find(|one| one.contact == found);
            prop_assert!(theirs.is_some());
            let roots = candidates.by_phone.iter().filter(|one| !one.has_other_id);
            prop_assert!(roots.map(|one| one.root).collect::<std::collections::HashSet<_>>().len() == 1);
        }
    }
}

fn call() -> crate::Call {
    crate::Call {
        status: crate::CallStatus::Completed,
        ..crate::Call::bare(
            crate::ProviderCallId("c".to_owned()),
            crate::ProviderTime { at: at(1), text: String::new() },
        )
    }
}
