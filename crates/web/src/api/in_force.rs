//! What assignments of agents and rules have in common: how they are listed, and how a change of
//! them is told.

use axum::Json;
use domain::Timestamp;
use engine::place::{AssignError, RuleChange, make_rule, preview_rule};
use store::SourceRow;

use super::told::Outcome;
use crate::failure::Failure;

/// A span as it is told: an end that is open is none.
pub fn bounds(from: i64, to: i64) -> (Option<Timestamp>, Option<Timestamp>) {
    let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
    (Some(from).filter(|at| *at != Timestamp::MIN), Some(to).filter(|at| *at != Timestamp::MAX))
}

/// Makes a change of the rules of a source, or says what it would move.
pub async fn made(
    state: &crate::State,
    source: &SourceRow,
    change: &RuleChange,
    (by, is_preview): (&str, bool),
) -> Result<Json<Outcome>, Failure> {
    let done = if is_preview {
        preview_rule(&state.store, source.id, change).await.map(Some)
    } else {
        make_rule(&state.store, source.id, change, by, state.clock.now()).await
    };
    outcome(state, done, is_preview).await
}

/// What a change of assignments or rules came to; none where all was so already.
pub async fn outcome(
    state: &crate::State,
    done: Result<Option<u64>, AssignError>,
    is_preview: bool,
) -> Result<Json<Outcome>, Failure> {
    match done {
        Ok(moved) => Ok(Json(Outcome::of(moved, is_preview))),
        Err(error) => Err(refusal(state, error).await),
    }
}

/// What is in the way, with its names.
async fn refusal(state: &crate::State, error: AssignError) -> Failure {
    match error {
        AssignError::Store(error) => error.into(),
        AssignError::NoAgent { .. } => Failure::NotFound { what: "agent" },
        error => match state.store.accounts_list().await {
            Ok(accounts) => Failure::Conflict { sentence: error.sentence(&accounts) },
            Err(error) => error.into(),
        },
    }
}

/// A number of ours, as it is written with its country.
pub fn number(written: &str) -> Result<String, Failure> {
    let sentence = || {
        let such = "is not a phone number with its country code, such as +12015550123";
        format!("“{written}” {such}")
    };
    engine::place::number(written).ok_or_else(|| Failure::Unusable { sentence: sentence() })
}
