//! `everycall statement`: what an account's calls of a period were, signed, and checked by anybody.

mod make;
mod verify;
mod words;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::site::Site;
use crate::mistake::Exit;
use crate::output;

/// State, signed, which calls an account had in a period and how well that is proved
///
/// A statement has the control totals of each day, the proof of each hour, what waits, what is left
/// out and why, what comparisons found, and a chain over everything that was done. Whoever gets it
/// can check it with `everycall statement verify`, without a database and without asking anybody.
#[derive(Debug, Args)]
pub struct Statement {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Make(make::Make),
    List(make::List),
    Verify(verify::Verify),
    /// Print the public key with which your statements are checked
    Key,
}

/// Does what was asked.
pub async fn run(site: &Site, arguments: Statement) -> Result<Exit> {
    match arguments.command {
        Command::Make(make) => make::run(site, make).await,
        Command::List(list) => make::list(site, list).await,
        Command::Verify(verify) => verify::run(site, verify).await,
        Command::Key => {
            let config = site.configuration()?;
            let key = config.statements.key(&config.folder)?;
            output::print(&key.public().hex())?;
            Ok(Exit::Done)
        }
    }
}
