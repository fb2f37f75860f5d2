use super::*;
use crate::Country;

fn full() -> Call {
    let at = Timestamp::from_millis(1_770_000_000_000);
    let phone = |raw| Some(Phone::new(raw, Country::US));
    let words = |words: &str| Some(words.to_owned());
    Call {
        provider_call_id: ProviderCallId("call-1".to_owned()),
        occurred_at: ProviderTime { at, text: "then".to_owned() },
        ended_at: None,
        duration: Some(Duration::from_mins(1)),
        direction: Some(Direction::Inbound),
        status: CallStatus::Completed,
        from: phone("(201) 555-0123"),
        to: phone("+12015550199"),
        agent: None,
        campaign: None,
        contact: None,
        recording: words("https://recordings.example.com/open-to-all"),
        transcript: words("human: My door code is 7731"),
        summary: words("They told their door code"),
        extracted: Some(serde_json::json!({ "door_code": 7731, "callback": "201 555 0188" })),
        aliases: Vec::new(),
        tags: vec![Tag::TestCall],
        awaits: None,
    }
}

#[test]
fn a_call_in_a_log_names_neither_people_nor_what_they_said() {
    for shown in [format!("{:?}", full()), format!("{:#?}", full())] {
        for hidden in ["201", "555", "7731", "door", "recordings.example.com"] {
            assert!(!shown.contains(hidden), "{hidden} is in {shown}");
        }
        for told in ["call-1", "…0123", "…0199", "Completed", "[27 bytes]", "TestCall"] {
            assert!(shown.contains(told), "{told} is not in {shown}");
        }
    }
}

#[test]
fn what_is_absent_shows_as_absent() {
    let call = Call { transcript: None, ..full() };
    assert!(format!("{call:?}").contains("transcript: None"));
}
