//! What can be said of HighLevel's webhooks, whose set-up its API does not show.

use url::Url;

use crate::examine::{hinted, probe};
use crate::webhooks::NAME;
use crate::{Probe, ProbeOutcome};

/// What is known of the webhooks of a source that this opens, and where to look by hand.
pub(crate) fn ask(is_app: bool, events: &str, expected: Option<&Url>) -> Probe {
    if !is_app {
        let sentence = "HighLevel sends webhooks to Marketplace apps only, and a private integration \
            token is none; calls are found by reading alone";
        return probe(NAME, ProbeOutcome::Notable, sentence);
    }
    let whither = expected.and_then(Url::host_str).map_or_else(
        || "the address that is to be told".to_owned(),
        |host| format!("{host}, as `webhook_url` says"),
    );
    let sentence =
        "HighLevel's API does not tell where the app's webhooks lead; calls are found by reading";
    let hint = format!(
        "Look in the app (Marketplace, My apps, Advanced settings, Webhooks) that {events} lead \
         to {whither}, and are not paused: HighLevel pauses an address that fails too often"
    );
    hinted(probe(NAME, ProbeOutcome::Notable, sentence), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_token_has_no_webhooks() {
        let probe = ask(false, "`VoiceAiCallEnd`", None);
        assert_eq!((probe.outcome, probe.hint), (ProbeOutcome::Notable, None));
        assert!(probe.sentence.contains("Marketplace apps only"), "{}", probe.sentence);
    }

    #[test]
    fn of_an_app_it_is_said_where_to_look_and_no_more_than_the_host() {
        let url = Url::parse("https://calls.example.com/webhooks/main?key=secret").unwrap();
        let probe = ask(true, "`VoiceAiCallEnd`", Some(&url));
        let hint = probe.hint.unwrap();
        assert!(hint.contains("`VoiceAiCallEnd` lead to calls.example.com"), "{hint}");
        assert!(!hint.contains("secret"), "{hint}");
        assert!(ask(true, "x", None).hint.unwrap().contains("the address that is to be told"));
    }
}
