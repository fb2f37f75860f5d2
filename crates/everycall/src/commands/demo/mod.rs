//! `everycall demo`: the whole way, from a provider to a page, without an account anywhere.

mod cast;
mod next;
mod stage;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use engine::agents::agents_fetch;
use engine::sync::SyncOptions;
use tokio::net::TcpListener;

use super::site::Site;
use super::sync::{Accounts, exit_of, pull};
use crate::config::Config;
use crate::dashboard;
use crate::interrupt::Interrupt;
use crate::mistake::Exit;
use crate::output::{self, Style, count};
use crate::wiring::Desk;
use stage::Stage;

/// See it work: 90 days of calls from a simulated provider, pulled, accounted for and shown
///
/// Nothing leaves this machine. Without --keep, everything is gone when the demo ends.
#[derive(Debug, Args)]
pub struct Demo {
    /// Pull once and exit, without serving the page
    #[arg(long)]
    once: bool,
    /// How many calls the simulated provider has
    #[arg(long, default_value_t = 20_000, value_name = "N")]
    calls: usize,
    /// Which world: every seed is another
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Keep the database and its configuration in this new folder
    #[arg(long, value_name = "PATH")]
    keep: Option<PathBuf>,
    /// Where the page is served [default: 127.0.0.1:8080, or another port when that is taken]
    #[arg(long, value_name = "ADDRESS", conflicts_with = "once")]
    listen: Option<SocketAddr>,
}

const STOPPING: &str = "Stopping; Ctrl-C again to stop at once.";

/// Shows it.
pub async fn run(arguments: Demo) -> Result<Exit> {
    let interrupt = Interrupt::listen(STOPPING)?;
    // Before the pull, so that an address that cannot be had is told at once.
    let listener = if arguments.once { None } else { Some(listen(arguments.listen).await?) };
    let stage = Stage::build(arguments.calls, arguments.seed, arguments.keep.as_deref()).await?;
    let desk = Desk::open(Config::load(&stage.config())?, None).await?;
    let configured = desk.config.chosen(None)?[0];
    let source = desk.source(configured).await?;
    agents_fetch(&desk.ctx, &source).await?;
    let assigned = cast::assign(&desk, &source).await?;
    output::print(&opening(&stage, &assigned))?;
    output::print("")?;

    let options = SyncOptions { stop: interrupt.stop(), ..SyncOptions::manual() };
    let report = pull(&desk, &source, options, true).await?;
    let waiting = Accounts::waiting(&desk, source.row.id).await?;
    let (here, name) = (&Site::new(stage.config()).here(), &source.row.name);
    output::print(&Accounts { here, source: name, report: &report, waiting }.text())?;
    let exit = exit_of(&report);
    if !interrupt.came() {
        output::print(&next::text(&stage, listener.is_some(), Style::of_stdout()))?;
    }
    if let Some(listener) = listener.filter(|_| !interrupt.came()) {
        serve(&desk, listener, &interrupt).await?;
    }
    desk.ctx.store.close().await;
    stage.stop().await;
    Ok(exit)
}

async fn serve(desk: &Desk, listener: TcpListener, interrupt: &Interrupt) -> Result<()> {
    let style = Style::of_stdout();
    let address = format!("http://{}", listener.local_addr()?);
    output::print(&format!(
        "\nThe same numbers as a page: {}   (Ctrl-C ends the demo)",
        style.command(&address)
    ))?;
    let notice = "This is the demo: a simulated provider, and nobody's real calls.".to_owned();
    dashboard::serve(listener, &desk.ctx, Some(notice), interrupt.stop()).await?;
    Ok(())
}

async fn listen(wanted: Option<SocketAddr>) -> Result<TcpListener> {
    let loopback = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    if let Some(address) = wanted {
        let listener = TcpListener::bind(address).await;
        return listener.with_context(|| format!("{address} cannot be listened on"));
    }
    match TcpListener::bind(loopback(8080)).await {
        Ok(listener) => Ok(listener),
        Err(_taken) => Ok(TcpListener::bind(loopback(0)).await?),
    }
}

fn opening(stage: &Stage, assigned: &cast::Assigned) -> String {
    let style = Style::of_stdout();
    let title = format!(
        "{} · {} calls of {} days at a simulated HighLevel, pulled through real HTTP",
        style.bold("Everycall demo"),
        count(stage.calls as u64),
        stage::DAYS,
    );
    let line = |name: &str, what: &str| format!("  {} {what}", style.dim(&format!("{name:<10}")));
    [
        title,
        String::new(),
        line("provider", &stage.base_url()),
        line("database", &stage.database().display().to_string()),
        line("accounts", &assigned.accounts.join(", ")),
        line("agents", &assigned.sentence()),
    ]
    .join("\n")
}
