//! The statements that read calls of a slice, each by an index of its own.

use domain::ExcludedReason;

use super::{Of, Part};

// SQLite uses a partial index only where its condition is repeated word for word. It would walk
// all calls of the source by time, were the id not hidden in an expression: that index has the
// order, and the others only find the calls.
// What was erased says no more by which rule it would be placed, so it stays where it is.
macro_rules! sliced {
    ($($condition:literal),+) => { sliced!(of "calls" at "occurred_at"; $($condition),+) };
    (of $calls:literal at $at:literal; $($condition:literal),+) => {
        concat!(
            "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id,
       direction, from_e164, to_e164, campaign, tags
FROM ",
            $calls,
            "
WHERE source_id = $1 AND ",
            $at,
            " >= $2 AND ",
            $at,
            " < $3 AND erased_at IS NULL
  AND (occurred_at > $2 OR provider_call_id || '' >= $4)
  AND ",
            $($condition,)+
            "
ORDER BY occurred_at, provider_call_id || '' LIMIT $5"
        )
    };
}

// The indexes by number are led by the day: each day of the span is looked up by itself. `+ 0`
// keeps SQLite from going by the time, which is led by the source as they are, and from comparing
// the day as a column of numbers, by which it would not look an expression up.
macro_rules! by_day {
    ($condition:literal) => {
        concat!(
            "
WITH RECURSIVE days (day) AS (
    SELECT CAST($7 AS BIGINT) UNION ALL SELECT day + 1 FROM days WHERE day < $8
)",
            sliced!(of "days CROSS JOIN calls" at "occurred_at + 0"; "occurred_at / 86400000 = day + 0 AND ", $condition)
        )
    };
}

// When the next call of a source happened, by the index that has them in order.
pub(in crate::calls) const NEXT: &str = "
SELECT MIN(occurred_at) FROM calls WHERE source_id = $1 AND occurred_at >= $2 AND occurred_at < $3";

// The columns are those of a slice.
pub(super) const BY_ID: &str = "
SELECT provider_call_id, occurred_at, provider_agent_id, placement, reason, account_id, agent_id,
       direction, from_e164, to_e164, campaign, tags
FROM calls WHERE source_id + 0 = $1 AND provider_call_id IN ";

const UNPLACED: &str =
    sliced!("placement <> 'placed' AND provider_agent_id = $6 AND placement = $7 AND reason = $8");
const UNPLACED_OF_NOBODY: &str = sliced!(
    "placement <> 'placed' AND provider_agent_id IS NULL AND placement = $6 AND reason = $7"
);
const PLACED: &str =
    sliced!("account_id IS NOT NULL AND provider_agent_id = $6 AND account_id = $7");
const OF_ACCOUNT: &str = sliced!("account_id IS NOT NULL AND account_id = $6");
const CALLED: &str =
    by_day!("to_e164 IS NOT NULL AND COALESCE(direction, '') <> 'outbound' AND to_e164 = $6");
const CALLING: &str =
    by_day!("from_e164 IS NOT NULL AND COALESCE(direction, '') <> 'inbound' AND from_e164 = $6");
const CAMPAIGN: &str = sliced!("campaign IS NOT NULL AND campaign = $6");
const TESTS: &str = sliced!("tags IN ('test_call', 'test_call agent_deleted')");

/// `waiting` or `excluded`: what a call is that is not placed for this reason.
pub(super) fn unplaced_as(reason: &str) -> &'static str {
    let is_excluded = ExcludedReason::ALL.iter().any(|excluded| excluded.as_str() == reason);
    if is_excluded { "excluded" } else { "waiting" }
}

/// The statement that reads calls of this kind.
pub(super) fn statement(of: &Of) -> &'static str {
    match of {
        Of::Agent(_, Part::Account(_)) => PLACED,
        Of::Agent(_, Part::Unplaced(_)) => UNPLACED,
        Of::Nobody(_) => UNPLACED_OF_NOBODY,
        Of::Account(_) => OF_ACCOUNT,
        Of::Called(_) => CALLED,
        Of::Calling(_) => CALLING,
        Of::Campaign(_) => CAMPAIGN,
        Of::Tests => TESTS,
    }
}
