//! `everycall init`: the configuration to fill in, which is also its manual.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use anyhow::Result;
use clap::Args;

use super::site::Site;
use crate::config::DEFAULT;
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
    let mut open = OpenOptions::new();
    open.write(true);
    if arguments.force {
        open.create(true).truncate(true)
    } else {
        open.create_new(true)
    };
    let written = open.open(path).and_then(|mut file| file.write_all(DEFAULT.as_bytes()));
    if let Err(error) = written {
        return Err(refused(site, &error).into());
    }
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

fn refused(site: &Site, error: &std::io::Error) -> Mistake {
    let path = site.config().display();
    if error.kind() == ErrorKind::AlreadyExists {
        let hint = format!("`{} init --force` writes over it; keep a copy of yours", site.here());
        return Mistake::new(format!("{path} is there already"), hint);
    }
    Mistake::new(
        format!("{path} cannot be written: {error}"),
        "Choose a folder this user may write to, with --config PATH",
    )
}
