//! The sources that requests name.

use domain::SourceId;
use schemars::JsonSchema;
use serde::Deserialize;
use store::SourceRow;

use super::asked::count;
use crate::failure::Failure;

/// Which part of a list, of which source.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfSourceAsked {
    /// Of the source of this name only.
    pub source: Option<String>,
    /// Go on after this one: what the page before named as its next.
    pub after: Option<i64>,
    /// How many, from 1 to 500; 50 where it is not said.
    #[schemars(range(min = 1, max = 500))]
    pub limit: Option<u32>,
}

impl OfSourceAsked {
    /// Of which source, after which, and how many are to be looked up: one more than are given, so
    /// that it is known whether the list goes on.
    pub async fn bounds(
        &self,
        state: &crate::State,
    ) -> Result<(Option<SourceId>, i64, i64), Failure> {
        let source = match &self.source {
            Some(name) => Some(named(state, name).await?.id),
            None => None,
        };
        Ok((source, self.after.unwrap_or(0), count(self.limit)? as i64 + 1))
    }
}

/// The source of this name.
pub async fn named(state: &crate::State, name: &str) -> Result<SourceRow, Failure> {
    let row = state.store.source_by_name(name).await?;
    row.ok_or(Failure::NotFound { what: "source" })
}

/// The source of this name, or all of them.
pub async fn named_or_all(
    state: &crate::State,
    name: Option<&str>,
) -> Result<Vec<SourceRow>, Failure> {
    match name {
        Some(name) => Ok(vec![named(state, name).await?]),
        None => Ok(state.store.sources_list().await?),
    }
}

/// The source of this name, or the only one.
pub async fn named_or_only(state: &crate::State, name: Option<&str>) -> Result<SourceRow, Failure> {
    let mut rows = named_or_all(state, name).await?;
    match (rows.pop(), rows.len()) {
        (Some(only), 0) => Ok(only),
        (Some(_), _) => {
            let sentence = "there are several sources; say which as `source`".to_owned();
            Err(Failure::Unusable { sentence })
        }
        (None, _) => {
            let sentence = "nothing was read yet, so there is no source".to_owned();
            Err(Failure::Unusable { sentence })
        }
    }
}
