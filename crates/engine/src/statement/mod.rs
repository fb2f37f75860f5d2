//! Statements of completeness: made from what is stored, signed, kept, and checked again.
//!
//! Making one asks no provider and changes nothing else; `domain` says what the facts amount to.

mod compared;
mod gather;
mod sign;

use domain::{RunId, Timestamp, Window, contradictions};
use store::{AccountRow, NewStatement, SourceRow, StoreError};

pub use gather::{Stated, state};
pub use sign::{NotSigned, PublicKey, Signed, SigningKey};

use crate::Context;

/// Of whom and of when a statement speaks.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Of whom.
    pub account: AccountRow,
    /// Of when.
    pub period: Window,
}

/// Makes a statement, signs and keeps it.
pub async fn make(
    ctx: &Context,
    asked: &Asked,
    sources: &[Stated],
    key: &SigningKey,
    made_by: &str,
) -> Result<Signed, StoreError> {
    let statement = state(ctx, asked, sources).await?;
    let verdict = serde_json::json!(statement.verdict);
    let signed = key.sign(statement);
    let new = NewStatement {
        account: asked.account.id,
        period: asked.period,
        made_at: signed.statement.made_at,
        made_by,
        verdict: verdict.as_str().unwrap_or_default(),
        document: &signed.text(),
    };
    let mut tx = ctx.store.begin().await?;
    tx.statement_add(&new).await?;
    tx.commit().await?;
    Ok(signed)
}

/// What the database, as it is now, says against a statement that was made of it, in sentences.
pub async fn differences(ctx: &Context, signed: &Signed) -> Result<Vec<String>, StoreError> {
    let statement = &signed.statement;
    let mut said = Vec::new();
    let known: Vec<SourceRow> = ctx.store.sources_list().await?;
    for source in &statement.sources {
        let name = &source.source;
        let Some(row) = known.iter().find(|row| row.name == *name) else {
            said.push(format!("there is no source `{name}` here"));
            continue;
        };
        let runs = gather::runs(ctx, row.id, source.runs.last.unwrap_or(RunId(0))).await?;
        if runs != source.runs {
            said.push(format!(
                "the {} runs of {name} that the statement speaks of are no longer what they were",
                source.runs.count
            ));
        }
    }
    Ok(said)
}

/// Whether a document is what it says it is: signed by this key, and at one with itself.
pub fn check(text: &str, key: Option<&PublicKey>) -> Result<Signed, NotSigned> {
    let signed = Signed::read(text, key)?;
    let said = contradictions(&signed.statement);
    if said.is_empty() { Ok(signed) } else { Err(NotSigned::Contradicts { said }) }
}

/// The whole of a month of UTC, such as `2026-10`.
pub fn month(text: &str) -> Option<Window> {
    let (year, month) = text.split_once('-')?;
    let (year, month): (u32, u32) = (year.parse().ok()?, month.parse().ok()?);
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let first = |(year, month): (u32, u32)| {
        Timestamp::parse_human(&format!("{year:04}-{month:02}-01")).ok()
    };
    Window::new(first((year, month))?, first(next)?).ok()
}

#[cfg(test)]
mod tests {
    use super::month;

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let of = |text: &str| month(text).map(|window| window.to_string());
        let told = of("2026-12").unwrap_or_default();
        assert!(told.contains("2026-12-01") && told.contains("2027-01-01"), "{told}");
        assert_eq!(of("2026-02").map(|_| ()), Some(()));
        for wrong in ["2026-13", "2026-0", "2026", "x-1", ""] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
