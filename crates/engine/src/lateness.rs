//! When a source is read again, as what was found late teaches.

use std::time::Duration;

use domain::{Capabilities, LOOKED_BACK, SourceId, Timestamp, Widened};
use store::{Store, StoreError};

/// What a provider can answer, its tiers widened by what they found in the last thirty days; and
/// which were added, and why.
pub async fn widened(
    store: &Store,
    source: SourceId,
    able: Capabilities,
    now: Timestamp,
) -> Result<(Capabilities, Vec<Widened>), StoreError> {
    let lateness = store.lateness_load(source, now - LOOKED_BACK).await?;
    let (tiers, added) = domain::widened(&able.tiers, &lateness);
    Ok((Capabilities { tiers, ..able }, added))
}

/// Which tier was added, and why.
pub fn sentence(widened: &Widened) -> String {
    let Widened { because, found, added } = widened;
    let calls = if *found == 1 { "1 late call".to_owned() } else { format!("{found} late calls") };
    format!(
        "The tier of +{} found {calls} in 30 days, so everything is read again at +{} too",
        age(*because),
        age(*added)
    )
}

/// `15 min`, `2 h`, `7 days`.
pub fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds if seconds >= 48 * 3600 && seconds.is_multiple_of(86_400) => {
            format!("{} days", seconds / 86_400)
        }
        seconds if seconds >= 3600 && seconds.is_multiple_of(3600) => {
            format!("{} h", seconds / 3600)
        }
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}
