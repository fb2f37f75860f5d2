//! `everycall serve`: the dashboard.

use std::net::SocketAddr;

use anyhow::Result;
use clap::Args;
use tokio::net::TcpListener;

use super::site::Site;
use crate::dashboard;
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};

/// Serve the dashboard until Ctrl-C
///
/// It shows what the database holds. It does not pull by itself yet: run `everycall sync` from
/// cron or a timer beside it. There is no sign-in yet, so keep it on a loopback address.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
}

/// Serves it.
pub async fn run(site: &Site, arguments: Serve) -> Result<Exit> {
    let interrupt = Interrupt::listen("")?;
    let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
        let sentence = format!("{} cannot be listened on: {error}", arguments.listen);
        Mistake::new(sentence, "Choose another address with --listen, such as 127.0.0.1:8081")
    })?;
    let desk = site.look().await?;
    let address = format!("http://{}", listener.local_addr()?);
    output::print(&format!(
        "The dashboard is at {}   (Ctrl-C ends it)",
        Style::of_stdout().command(&address)
    ))?;
    if !arguments.listen.ip().is_loopback() {
        eprintln!("note: there is no sign-in yet: whoever reaches {address} sees every call");
    }
    dashboard::serve(listener, &desk.ctx, None, interrupt.stop()).await?;
    desk.ctx.store.close().await;
    Ok(Exit::Done)
}
