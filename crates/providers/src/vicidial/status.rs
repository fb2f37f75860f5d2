//! What a status code says about how a call went. Pure.
//!
//! Sites add codes of their own with flags, and the record carries the flags of its code. The
//! codes the system itself writes are known by name where their flags say too little.

use domain::CallStatus;

/// What a row says about its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// Its status.
    pub code: Option<&'a str>,
    /// Whether it has an end.
    pub has_ended: bool,
    /// Whether a person took it, so far as the row says.
    pub reached_agent: bool,
    /// Whether it lasted at all.
    pub lasted: bool,
    /// The flag `human_answered` of its code.
    pub human_answered: bool,
    /// The flag `answering_machine` of its code.
    pub answering_machine: bool,
}

/// Codes of a call that goes on, or waits for its agent to say how it went.
const PROVISIONAL: [&str; 3] = ["QUEUE", "INCALL", "DISPO"];

/// Codes a call has on its way, and keeps where nobody says anything after it: a remote agent took
/// it, or it was picked up and a recording played.
const HANDED_ON: [&str; 2] = ["XFER", "PU"];

/// It left its queue, or never came into one, before an agent took it. Their flags say that a
/// person answered, which is who called.
const LEFT_QUEUE: [&str; 14] = [
    "DROP", "XDROP", "PDROP", "SRDROP", "TIMEOT", "AFTHRS", "NANQUE", "IQNANQ", "MAXCAL", "HOLDTO",
    "HXFER", "CLOSOP", "WAITTO", "ACFLTR",
];

/// The system says machine, and its flag does not.
const MACHINE: [&str; 4] = ["A", "AA", "AM", "AL"];

const BUSY: [&str; 4] = ["B", "AB", "CPDATB", "CPDB"];

const NO_ANSWER: [&str; 3] = ["N", "NA", "CPDNA"];

const FAILED: [&str; 6] = ["DC", "ADC", "ADCT", "ADCCAR", "LRERR", "AFAX"];

const NEVER_CALLED: [&str; 3] = ["DNCL", "DNCC", "DNCCAR"];

/// Whether the row can still change by itself.
pub fn is_provisional(facts: &Facts<'_>) -> bool {
    let code = facts.code.unwrap_or_default();
    let is_over = facts.has_ended && facts.lasted;
    !facts.has_ended || is_one_of(code, &PROVISIONAL) || (is_one_of(code, &HANDED_ON) && !is_over)
}

/// Where the call stands.
pub fn status(facts: &Facts<'_>) -> CallStatus {
    // Its agent may still say that nobody answered, so it has no ending yet.
    if is_provisional(facts) {
        return CallStatus::InProgress;
    }
    let code = facts.code.unwrap_or_default();
    match () {
        () if facts.answering_machine || is_one_of(code, &MACHINE) => CallStatus::Voicemail,
        () if is_one_of(code, &BUSY) => CallStatus::Busy,
        () if is_one_of(code, &NO_ANSWER) => CallStatus::NoAnswer,
        () if is_one_of(code, &FAILED) || is_network(code) => CallStatus::Failed,
        () if is_one_of(code, &NEVER_CALLED) => CallStatus::Canceled,
        () if is_one_of(code, &HANDED_ON) => CallStatus::Completed,
        () if !facts.reached_agent && is_one_of(code, &LEFT_QUEUE) => CallStatus::NoAnswer,
        () if facts.human_answered || (facts.reached_agent && facts.lasted) => {
            CallStatus::Completed
        }
        () => CallStatus::Unknown,
    }
}

/// Causes of the network, and call progress detection.
fn is_network(code: &str) -> bool {
    let code = code.to_uppercase();
    let is_cause = code.strip_prefix("HUC").is_some_and(|cause| cause.parse::<u16>().is_ok());
    is_cause || code.starts_with("CPD")
}

/// The database compares codes without case.
fn is_one_of(code: &str, codes: &[&str]) -> bool {
    codes.iter().any(|known| known.eq_ignore_ascii_case(code))
}
