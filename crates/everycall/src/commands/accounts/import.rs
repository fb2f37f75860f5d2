//! Accounts from a CSV file.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use engine::place::{Importing, import_accounts};

use crate::commands::imported;
use crate::commands::site::Site;
use crate::config::environment;
use crate::mistake::Exit;

/// Import accounts from a CSV file
///
/// The first line names the columns: name, and if wanted external_id, country and reset_date. An
/// account whose external id or name is known is changed, the others are added. A line that cannot
/// be used is told with its number, and the rest is imported. Importing a file twice changes
/// nothing the second time.
#[derive(Debug, Args)]
pub struct Import {
    /// The file
    file: PathBuf,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Imports them.
pub async fn run(site: &Site, arguments: Import) -> Result<Exit> {
    let Import { file, dry_run, json } = arguments;
    let desk = site.look().await?;
    let opened = imported::open(&file)?;
    let who = environment::user();
    let asked = Importing { by: &who, is_dry_run: dry_run, now: desk.ctx.now() };
    let done = import_accounts(&desk.ctx.store, opened, asked).await;
    imported::tell(&file, done, dry_run, json)
}
