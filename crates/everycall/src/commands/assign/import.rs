//! Assignments from a CSV file.

use std::path::Path;

use anyhow::Result;
use engine::place::{Importing, import_assignments};

use super::Telling;
use crate::commands::imported;
use crate::commands::site::Site;
use crate::config::environment;
use crate::mistake::Exit;

/// Assigns as its lines say.
pub async fn run(site: &Site, file: &Path, telling: Telling) -> Result<Exit> {
    let desk = site.look().await?;
    let opened = imported::open(file)?;
    let who = environment::user();
    let asked = Importing { by: &who, is_dry_run: telling.preview, now: desk.ctx.now() };
    let done = import_assignments(&desk.ctx.store, opened, asked).await;
    imported::tell(file, done, telling.preview, telling.json)
}
