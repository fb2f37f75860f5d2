//! One call with all that is kept of it.

use domain::{Call, ProviderCallId};
use engine::view::{Version, because, versions};
use store::{CallKey, CallRow, LegRow, MoveRow, Scope};

use crate::failure::Failure;
use crate::guest::Guest;

/// A call with all that is kept of it, as far as whoever asks may see it.
pub struct Story {
    /// As it stands.
    pub row: CallRow,
    /// The assignment or rule that decided; for operators.
    pub because: Option<String>,
    /// How it went from one account to another; for operators.
    pub moves: Option<Vec<MoveRow>>,
    /// Other calls that are the same conversation.
    pub legs: Vec<LegRow>,
    /// Each content it has had, oldest first.
    pub versions: Vec<Version>,
}

impl Story {
    /// Reads it.
    pub async fn load(
        state: &crate::State,
        guest: &Guest,
        source: &str,
        id: String,
    ) -> Result<Self, Failure> {
        let (store, scope) = (&state.store, guest.scope());
        let absent = Failure::NotFound { what: "call" };
        let Some(source) = store.source_by_name(source).await? else { return Err(absent) };
        let key = CallKey { source: source.id, id: ProviderCallId(id) };
        let row = store.call_get(scope, &key).await?.ok_or(absent)?;
        // Where a call was before, and who decided, names other accounts.
        let (because, moves) = if scope == Scope::Operator {
            let moves = store.call_moves(scope, &key).await?;
            (Some(because(store, &row).await?), Some(moves))
        } else {
            (None, None)
        };
        let legs = store.legs_of(scope, &key).await?;
        let versions = versions(store, scope, &key).await?;
        Ok(Self { row, because, moves, legs, versions })
    }

    /// What its newest record says; nothing where its source is not configured.
    pub fn told(&self, state: &crate::State) -> Option<Call> {
        let newest = self.versions.last()?;
        (state.read)(&self.row.source, &newest.raw)
    }
}
