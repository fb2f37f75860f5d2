use std::collections::BTreeSet;
use std::time::Duration;

use super::Script;

#[test]
fn a_seed_always_gives_the_same_script() {
    let written = |seed| format!("{:?}", Script::of(seed));
    assert_eq!(written(4711), written(4711));
    assert_ne!(written(4711), written(4712));
}

#[test]
fn scripts_are_long_enough_and_meet_every_provider_and_every_fault() {
    let scripts: Vec<Script> = (0..600).map(Script::of).collect();
    assert!(scripts.iter().all(|script| script.lasts >= Duration::from_hours(7 * 24)));
    let providers: BTreeSet<_> = scripts.iter().map(|script| script.provider).collect();
    assert_eq!(providers.len(), simulators::PROVIDERS.len());
    let text = format!("{scripts:?}");
    for word in [
        "CallBegins",
        "CallComesLate",
        "CallChanges",
        "CallIsDeleted",
        "CallIsBack",
        "WeDie",
        "ProviderGoesAway",
        "ProviderRefusesUs",
        "DatabaseGoesAway",
        "TooMany429",
        "HalfBody",
        "Status(500)",
        "Status(401)",
        "ThenMutate",
        "OmitRecord",
        "RepeatPage",
        "BadRecords",
        "RepeatRecord",
        "Shuffle",
        "Hang",
    ] {
        assert!(text.contains(word), "no script has {word}");
    }
    assert!(scripts.iter().any(|script| script.provider_ahead_ms > 200_000));
    assert!(scripts.iter().any(|script| script.provider_ahead_ms < -200_000));
}
