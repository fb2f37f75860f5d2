//! What the facts of a statement amount to: each reason is a sentence with its numbers.

use std::collections::BTreeMap;

use super::{StatedSource, Verdict};
use crate::ProviderKind;
use crate::standing::Proof;

/// What these sources amount to, and why it is no better.
pub fn judge(sources: &[StatedSource]) -> (Verdict, Vec<String>) {
    if sources.is_empty() {
        let why = "no source of calls is assigned to the account, so nothing was looked at";
        return (Verdict::NotProved, vec![why.to_owned()]);
    }
    let mut reasons: Vec<(Verdict, String)> = sources.iter().flat_map(of_source).collect();
    reasons.sort_by_key(|(verdict, _)| *verdict);
    let verdict = reasons.first().map_or(Verdict::Complete, |(verdict, _)| *verdict);
    (verdict, reasons.into_iter().map(|(_, sentence)| sentence).collect())
}

fn of_source(stated: &StatedSource) -> Vec<(Verdict, String)> {
    let name = &stated.source;
    let lasts = |is_meant: fn(Proof) -> bool| {
        let meant = stated.ms_by_proof.iter().filter(|(proof, _)| is_meant(**proof));
        meant.map(|(_, millis)| *millis).sum::<u64>()
    };
    let mut reasons = Vec::new();
    let mut add = |verdict, count: u64, sentence: &dyn Fn() -> String| {
        if count > 0 {
            reasons.push((verdict, sentence()));
        }
    };
    let unproved = lasts(|proof| !proof.is_proof());
    add(Verdict::NotProved, unproved, &|| {
        format!("{name}: {} of the period are not proved", length(unproved))
    });
    add(Verdict::NotProved, u64::from(stated.wanted_ms == 0), &|| {
        format!("{name}: no part of the period was to be proved yet")
    });
    let missing: u64 = stated.comparisons.iter().map(|it| it.missing).sum();
    add(Verdict::NotProved, missing, &|| {
        format!("{name}: comparisons found {missing} calls that only the provider has")
    });
    let unexplained = stated.comparisons.iter().map(|it| it.unexplained).max().unwrap_or(0);
    add(Verdict::NotProved, unexplained, &|| {
        format!("{name}: a comparison left {unexplained} differences unexplained")
    });
    let young = lasts(|proof| proof == Proof::Listed);
    add(Verdict::ProvedWithReservations, young, &|| {
        format!("{name}: {} were listed and may still change at the provider", length(young))
    });
    let open = stated.wanted_ms.saturating_sub(stated.compared_ms);
    add(Verdict::ProvedWithReservations, open, &|| {
        format!("{name}: {} were not compared with the provider", length(open))
    });
    let waiting: u64 = stated.waiting.values().sum();
    add(Verdict::ProvedWithReservations, waiting, &|| {
        format!("{name}: {waiting} calls wait to be placed ({})", by_reason(&stated.waiting))
    });
    add(Verdict::ProvedWithReservations, stated.set_aside, &|| {
        format!("{name}: {} records could not be read and are kept", stated.set_aside)
    });
    reasons
}

/// What everything rests on, for sources of these providers.
pub fn assumptions(providers: impl IntoIterator<Item = ProviderKind>) -> Vec<String> {
    let mut said = vec![
        "A provider cannot be asked for calls that it deleted before it ever listed them.".to_owned(),
        "Days are those of UTC, by the times that the providers give their calls.".to_owned(),
        "Excluded calls were left out by rules that somebody made on purpose; they are kept and counted above.".to_owned(),
    ];
    let mut of: Vec<ProviderKind> = providers.into_iter().collect();
    of.sort_unstable_by_key(|provider| provider.as_str());
    of.dedup();
    said.extend(
        of.into_iter().map(|provider| format!("{}: {}", provider.title(), rests_on(provider))),
    );
    said
}

/// What a provider's proof rests on; its page in `docs/providers` says more.
const fn rests_on(provider: ProviderKind) -> &'static str {
    match provider {
        ProviderKind::HighlevelVoiceAi => {
            "a list is whole when its total before and after reading and the distinct calls agree; the total is believed."
        }
        ProviderKind::HighlevelConversations => {
            "a list is whole when the export ended itself and its total agrees; both are believed."
        }
        ProviderKind::Teli => {
            "a list is whole when fewer calls came than an answer holds, asked by each status and without one; the cap is believed."
        }
        ProviderKind::Vicidial => {
            "its own database is read in spans that are never cut; what its dialler never wrote cannot be read, and is looked for in its other logs."
        }
        ProviderKind::Twilio | ProviderKind::Elevenlabs => {
            "a list is whole when the provider itself ended it and nothing came twice on the way; its end mark is believed."
        }
    }
}

fn by_reason(counts: &BTreeMap<String, u64>) -> String {
    let parts = counts.iter().map(|(reason, count)| format!("{count} {reason}"));
    parts.collect::<Vec<_>>().join(", ")
}

/// `3 d 4 h 5 min`; what is shorter than a minute is one.
fn length(millis: u64) -> String {
    let minutes = millis.div_ceil(60_000);
    let parts = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let told = parts.iter().filter(|(count, _)| *count > 0);
    told.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}
