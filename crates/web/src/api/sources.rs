//! The sources that requests name.

use store::SourceRow;

use crate::failure::Failure;

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
