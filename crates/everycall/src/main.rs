//! Every call, accounted for: configuration, commands and wiring.
//!
//! [`cli`] says what can be asked, [`commands`] has one file per command, [`config`] reads
//! `everycall.toml`, and [`wiring`] makes the engine's world out of it.

mod cli;
mod clock;
mod commands;
mod config;
mod dashboard;
mod draft;
mod interrupt;
mod logging;
mod mistake;
mod output;
mod roster;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    logging::start(cli.verbose, cli.log_format);
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => mistake::tell(&error).into(),
    }
}

fn run(cli: cli::Cli) -> anyhow::Result<mistake::Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(commands::run(cli))
}
