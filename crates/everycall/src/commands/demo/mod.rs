//! `everycall demo`: the whole way, from a provider to a page, without an account anywhere.

mod cast;
mod guide;
mod next;
mod stage;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use engine::agents::agents_fetch;
use engine::sync::SyncOptions;
use providers::outgoing::Outgoing;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use web::Entrance;

use super::site::Site;
use super::sync::{Accounts, exit_of, pull};
use super::work;
use crate::config::Config;
use crate::dashboard::{self, Way};
use crate::interrupt::Interrupt;
use crate::mistake::Exit;
use crate::output::{self, Style, count};
use crate::roster::Roster;
use crate::wiring::Desk;
use stage::Stage;

/// See it work: 90 days of calls from simulated providers, pulled, accounted for and shown
///
/// Nothing leaves this machine. Without --keep, everything is gone when the demo ends.
#[derive(Debug, Args)]
pub struct Demo {
    /// Pull once and exit, without serving the page
    #[arg(long)]
    once: bool,
    /// How many calls the first provider has; each other one has a tenth
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
    let mut sources = Vec::new();
    for configured in desk.config.chosen(None)? {
        let source = desk.source(configured).await?;
        agents_fetch(&desk.ctx, &source).await?;
        sources.push(source);
    }
    let assigned = cast::assign(&desk, &sources).await?;
    output::tell(&opening(&stage, &assigned));
    output::tell("");

    let here = &Site::new(Some(stage.config())).here();
    let mut exit = Exit::Done;
    for source in &sources {
        let options = SyncOptions { stop: interrupt.stop(), ..SyncOptions::manual() };
        let report = pull(&desk, source, options, true).await?;
        let waiting = Accounts::waiting(&desk, source.row.id).await?;
        let accounts =
            Accounts { here, source: &source.row.name, report: &report, waiting, is_import: false };
        output::tell(&if source.row.id == sources[0].row.id {
            accounts.text()
        } else {
            accounts.line()
        });
        exit = exit.max(exit_of(&report));
        if interrupt.came() {
            break;
        }
    }
    if !interrupt.came() {
        output::tell(&next::text(&stage, listener.is_some(), Style::of_stdout()));
    }
    if let Some(listener) = listener.filter(|_| !interrupt.came()) {
        stage.come_late();
        serve(&desk, listener, &interrupt).await?;
    }
    desk.ctx.store.close().await;
    Ok(exit)
}

async fn serve(desk: &Desk, listener: TcpListener, interrupt: &Interrupt) -> Result<()> {
    let style = Style::of_stdout();
    let address = format!("http://{}", listener.local_addr()?);
    let password = guide::add(desk).await?;
    output::tell(&format!(
        "\nThe same numbers as a page: {}   (Ctrl-C ends the demo)\nSign in as {} with {}",
        style.command(&address),
        style.bold(guide::NAME),
        style.bold(password.expose_secret())
    ));
    let notice = "This is the demo: simulated providers, and nobody's real calls.".to_owned();
    let entrance = Entrance::with_sign_in(desk.config.web.place())?;
    let way = Way { entrance, tls: None, notice: Some(notice) };
    // What is asked for on its pages is done by a worker, as with `everycall serve`.
    let roster = Roster::open(desk, true).await?;
    let (serving, (), ()) = tokio::join!(
        dashboard::serve(listener, (desk, roster.shown()), way, interrupt.stop()),
        work::keep(desk, roster.sources(), Outgoing::default(), interrupt.stop()),
        roster.keep(interrupt.stop()),
    );
    Ok(serving?)
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
        "{} · {} calls of {} days at {} simulated providers, pulled for real",
        style.bold("Everycall demo"),
        count(stage.calls() as u64),
        stage::DAYS,
        stage.providers.len(),
    );
    let line = |name: &str, what: &str| format!("  {} {what}", style.dim(&format!("{name:<10}")));
    let names: Vec<&str> = stage.providers.iter().map(|(one, _)| one.provider()).collect();
    let mut lines = vec![
        title,
        String::new(),
        line("providers", &names.join(", ")),
        line("database", &stage.database().display().to_string()),
        line("accounts", &assigned.accounts.join(", ")),
        line("agents", &assigned.sentence()),
    ];
    let left_out = stage.left_out.iter();
    lines.extend(left_out.map(|(name, why)| line("left out", &format!("{name}: {why}"))));
    lines.join("\n")
}
