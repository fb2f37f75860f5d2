//! `everycall init`: the configuration to fill in, which is also its manual.

use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use anyhow::Result;
use clap::Args;

use super::site::Site;
use crate::config::DEFAULT;
use crate::draft::Draft;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};

/// Write a commented everycall.toml to fill in
#[derive(Debug, Args)]
pub struct Init {
    /// Write over a configuration that is there
    #[arg(long)]
    force: bool,
}

/// Writes it.
pub fn run(site: &Site, arguments: &Init) -> Result<Exit> {
    let path = site.config();
    write(path, arguments.force).map_err(|error| refused(site, &error))?;
    let style = Style::of_stdout();
    let here = site.here();
    output::print(&format!(
        "Wrote {}. What to do with it:\n  \
         1. Fill in `location_id` and `since`\n  \
         2. Put the sub-account's token into the environment:  {}\n  \
         3. See whether all is well:  {}\n  \
         4. Pull:  {}",
        style.bold(&path.display().to_string()),
        style.command("export HIGHLEVEL_TOKEN=…"),
        style.command(&format!("{here} doctor")),
        style.command(&format!("{here} sync")),
    ))?;
    Ok(Exit::Done)
}

fn write(path: &Path, is_forced: bool) -> Result<()> {
    let mut draft = if is_forced { Draft::at(path)? } else { Draft::of_new(path)? };
    draft.write_all(DEFAULT.as_bytes())?;
    draft.keep()
}

fn refused(site: &Site, error: &anyhow::Error) -> Mistake {
    let path = site.config().display();
    let error = error.root_cause();
    let kind = error.downcast_ref().map(io::Error::kind);
    if kind == Some(ErrorKind::AlreadyExists) {
        let hint = format!("`{} init --force` writes over it; keep a copy of yours", site.here());
        return Mistake::new(format!("{path} is there already"), hint);
    }
    Mistake::new(
        format!("{path} cannot be written: {error}"),
        "Choose a folder this user may write to, with --config PATH",
    )
}
