//! Calls that changed since a bookmark, for programs.

use anyhow::Result;
use clap::Args;
use domain::Bookmark;
use engine::export::as_json;
use serde_json::json;
use store::{ChangedError, Scope};

use crate::commands::site::Site;
use crate::mistake::{Exit, Mistake};
use crate::output;

/// Print calls that are new or changed since a bookmark, as JSON: one per line, and at the end
/// {"next": BOOKMARK, "hasMore": …}
#[derive(Debug, Args)]
pub struct Changes {
    /// The bookmark an earlier call of this command named as its next; from the beginning without it
    #[arg(long, value_name = "BOOKMARK", default_value = "r1", hide_default_value = true)]
    since: Bookmark,
    /// How many, at most
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
}

/// Prints them.
pub async fn run(site: &Site, arguments: Changes) -> Result<Exit> {
    let desk = site.look().await?;
    let (store, count) = (&desk.ctx.store, arguments.limit as usize);
    let page = match store.calls_changed(Scope::Operator, &arguments.since, count).await {
        Ok(page) => page,
        Err(error @ ChangedError::Ahead) => {
            let hint = "Throw your copy away and begin without --since";
            return Err(Mistake::new(error.to_string(), hint).into());
        }
        Err(ChangedError::Store(error)) => return Err(error.into()),
    };
    let calls = page.calls.iter().filter_map(|changed| changed.call.as_ref()).map(as_json);
    let end = json!({ "next": page.next.to_string(), "hasMore": page.has_more });
    output::print_json_lines(calls.chain([end]))?;
    Ok(Exit::Done)
}
