//! One file per command: its arguments, what it does, and what it prints.

pub mod demo;
pub mod simulate;
pub mod sync;
pub mod waiting;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::mistake::Exit;

/// Does what was asked.
pub async fn run(cli: Cli) -> Result<Exit> {
    let Cli { config, command, .. } = cli;
    match command {
        Command::Demo(demo) => demo::run(demo).await,
        Command::Sync(sync) => sync::run(&config, sync).await,
        Command::Simulate(simulate) => simulate::run(simulate).await,
    }
}
