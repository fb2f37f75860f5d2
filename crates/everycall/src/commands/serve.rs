//! `everycall serve`: everything by itself, and the dashboard.

use std::net::SocketAddr;

use anyhow::Result;
use clap::Args;
use tokio::net::TcpListener;

use super::site::Site;
use super::work;
use crate::dashboard;
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};

/// Read every source whenever it is due, and serve the dashboard, until Ctrl-C
///
/// There is no sign-in yet, so keep it on a loopback address.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Only show what the database holds; something else reads the sources
    #[arg(long)]
    only_dashboard: bool,
}

const STOPPING: &str = "Stopping after the pages under way; Ctrl-C again to stop at once.";

/// Serves it.
pub async fn run(site: &Site, arguments: Serve) -> Result<Exit> {
    let interrupt = Interrupt::listen(STOPPING)?;
    let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
        let sentence = format!("{} cannot be listened on: {error}", arguments.listen);
        Mistake::new(sentence, "Choose another address with --listen, such as 127.0.0.1:8081")
    })?;
    let desk = site.look().await?;
    // A database can be looked at without a configuration, and one without sources too.
    let has_work = !arguments.only_dashboard && !desk.config.sources.is_empty();
    let sources = if has_work { work::sources(&desk).await? } else { Vec::new() };
    let address = format!("http://{}", listener.local_addr()?);
    output::print(&format!(
        "The dashboard is at {}   (Ctrl-C ends it)",
        Style::of_stdout().command(&address)
    ))?;
    if !arguments.listen.ip().is_loopback() {
        eprintln!("note: there is no sign-in yet: whoever reaches {address} sees every call");
    }
    if has_work {
        output::print(&work::sentence(&sources))?;
    }
    let (serving, ()) = tokio::join!(
        dashboard::serve(listener, &desk, None, interrupt.stop()),
        work::keep(&desk, sources, interrupt.stop()),
    );
    serving?;
    desk.ctx.store.close().await;
    Ok(Exit::Done)
}
