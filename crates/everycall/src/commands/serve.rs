//! `everycall serve`: everything by itself, and the dashboard.

use std::net::SocketAddr;

use anyhow::Result;
use clap::Args;
use providers::outgoing::Outgoing;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use web::Entrance;

use super::site::Site;
use super::work;
use crate::dashboard::{self, Way};
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};
use crate::roster::Roster;
use crate::wiring::Desk;

/// Read every source whenever it is due, and serve the dashboard, until Ctrl-C
///
/// People sign in; while there is nobody yet, it prints a code with which the first operator is added.
/// Without a configuration it goes on with the defaults, and makes its database in this folder.
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Only show what the database holds; something else reads the sources
    #[arg(long)]
    only_dashboard: bool,
    /// Let whoever reaches this machine's own address in as the operator
    #[arg(long)]
    no_sign_in: bool,
}

const STOPPING: &str = "Stopping after the pages under way; Ctrl-C again to stop at once.";

/// Serves it.
pub async fn run(site: &Site, arguments: Serve) -> Result<Exit> {
    let interrupt = Interrupt::listen(STOPPING)?;
    let is_local = arguments.listen.ip().is_loopback();
    if arguments.no_sign_in && !is_local {
        let sentence =
            format!("--no-sign-in would let everybody in who reaches {}", arguments.listen);
        let hint = "Listen on 127.0.0.1, or let people sign in";
        return Err(Mistake::new(sentence, hint).into());
    }
    let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
        let sentence = format!("{} cannot be listened on: {error}", arguments.listen);
        Mistake::new(sentence, "Choose another address with --listen, such as 127.0.0.1:8081")
    })?;
    let has_work = !arguments.only_dashboard;
    // Where something else reads, it has made the database already, or this is the wrong folder.
    let config = if has_work { site.configuration_or_new()? } else { site.configuration()? };
    let desk = Desk::open(config, None).await?;
    let roster = Roster::open(&desk, has_work).await?;
    let outgoing = if has_work { desk.outgoing()? } else { Outgoing::default() };
    let tls = desk.config.web.tls(&desk.config.folder)?;
    let single = if arguments.no_sign_in {
        None
    } else {
        desk.config.web.single_sign_on(&desk.config.folder)?
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr()?);
    output::tell(&format!(
        "The dashboard is at {}   (Ctrl-C ends it)",
        Style::of_stdout().command(&address)
    ));
    let entrance = if arguments.no_sign_in {
        output::aside(&format!(
            "note: nobody signs in: whoever can open {address} sees and changes everything"
        ));
        Entrance::without_sign_in()?
    } else {
        let entrance = with_sign_in(&desk, &address, is_local).await?;
        match single {
            Some(single) => entrance.and_single(single),
            None => entrance,
        }
    };
    let sources = roster.sources();
    if has_work {
        output::tell(&work::sentence(&sources.borrow()));
    }
    let way = Way { entrance, tls, notice: None };
    let working = async {
        if has_work {
            work::keep(&desk, sources, outgoing, interrupt.stop()).await;
        }
    };
    let (serving, (), ()) = tokio::join!(
        dashboard::serve(listener, (&desk, roster.shown()), way, interrupt.stop()),
        working,
        roster.keep(interrupt.stop()),
    );
    serving?;
    desk.ctx.store.close().await;
    Ok(Exit::Done)
}

/// The way in where people sign in; the code to set up with, while there is nobody yet.
async fn with_sign_in(desk: &Desk, address: &str, is_local: bool) -> Result<Entrance> {
    let place = desk.config.web.place();
    let is_open = !is_local && !place.is_tls && !place.has_trusted_proxy;
    if is_open {
        output::aside(
            "note: passwords and calls cross the network in the clear: name a certificate in [web], \
             or let a proxy speak TLS and set trusted_proxy",
        );
    }
    if !is_local && place.hosts.is_empty() {
        output::aside(
            "note: [web] hosts names nobody, so that it answers under this machine's own names only",
        );
    }
    let entrance = Entrance::with_sign_in(place)?;
    if desk.ctx.store.users_list().await?.is_empty() {
        let code = entrance.offer_set_up(desk.ctx.now())?;
        output::tell(&format!(
            "Nobody can sign in yet. Set up at {} with this code, which holds for an hour:\n\n  {}\n",
            Style::of_stdout().command(&format!("{address}/set-up")),
            Style::of_stdout().bold(code.expose_secret())
        ));
    }
    Ok(entrance)
}
