//! How late calls appear at the provider, and what each tier found.

use domain::{LOOKED_BACK, Lateness, Tiers, Widened};
use engine::lateness::age;
use serde_json::{Value, json};

use crate::output::count;

/// The curve in a sentence, and each tier on a line of its own.
pub fn text(lateness: &Lateness, tiers: &Tiers, added: &[Widened]) -> String {
    let days = LOOKED_BACK.as_secs() / 86_400;
    let mut lines = vec![curve(lateness, days)];
    for tier in tiers.ages() {
        let windows = lateness.rereads.get(tier).copied().unwrap_or(0);
        let found = lateness.found_by(*tier);
        let calls = match found {
            0 => "no late call".to_owned(),
            1 => "1 late call".to_owned(),
            found => format!("{} late calls", count(found)),
        };
        let wider = added.iter().find(|it| it.because == *tier).map_or_else(String::new, |it| {
            format!("; so everything is read again at +{} too", age(it.added))
        });
        let read = match windows {
            0 => "nothing read again yet".to_owned(),
            1 => format!("1 window read again, {calls}"),
            windows => format!("{} windows read again, {calls}", count(windows)),
        };
        lines.push(format!("  tier +{:<8} {read}{wider}", age(*tier)));
    }
    lines.join("\n")
}

fn curve(lateness: &Lateness, days: u64) -> String {
    let within = |percent| lateness.within(percent).map(age).unwrap_or_default();
    match lateness.calls() {
        0 => format!(
            "How late calls are listed is not known yet: no call of the last {days} days was found \
             in time to tell."
        ),
        calls => format!(
            "How late calls are listed, as {} of the last {days} days tell: half within {} at most, \
             99% within {}; {} appeared after their time had been proved.",
            count(calls),
            within(50),
            within(99),
            count(lateness.late()),
        ),
    }
}

/// The same for programs.
pub fn as_json(lateness: &Lateness, tiers: &Tiers, added: &[Widened]) -> Value {
    let seconds = |percent| lateness.within(percent).map(|age| age.as_secs());
    let tiers: Vec<Value> = tiers
        .ages()
        .iter()
        .map(|tier| {
            let because = added.iter().find(|it| it.added == *tier);
            json!({
                "seconds": tier.as_secs(), "windows": lateness.rereads.get(tier).copied().unwrap_or(0),
                "late": lateness.found_by(*tier),
                "addedBecauseOf": because.map(|it| it.because.as_secs()),
            })
        })
        .collect();
    json!({
        "days": LOOKED_BACK.as_secs() / 86_400, "calls": lateness.calls(), "late": lateness.late(),
        "halfWithinSeconds": seconds(50), "mostWithinSeconds": seconds(99), "tiers": tiers,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use domain::{Found, widened};

    use super::*;

    #[test]
    fn the_curve_and_each_tier_are_told() {
        let hours = Duration::from_hours;
        let found = |is_late, tier, age| Found { is_late, tier, age };
        let lateness = Lateness {
            found: BTreeMap::from([
                (found(false, None, Duration::from_mins(2)), 4000),
                (found(true, None, hours(3)), 50),
                (found(true, Some(hours(24)), hours(48)), 3),
            ]),
            rereads: BTreeMap::from([(hours(2), 310), (hours(24), 1)]),
        };
        let (tiers, added) = widened(&Tiers::new(vec![hours(2), hours(24)]), &lateness);
        let expected = "How late calls are listed, as 4,053 of the last 30 days tell: half within 2 min at most, 99% within 3 h; 53 appeared after their time had been proved.
  tier +2 h      310 windows read again, no late call
  tier +24 h     1 window read again, 3 late calls; so everything is read again at +2 days too
  tier +2 days   nothing read again yet";
        assert_eq!(text(&lateness, &tiers, &added), expected);
        assert!(
            text(&Lateness::default(), &tiers, &[]).starts_with("How late calls are listed is not")
        );
    }
}
