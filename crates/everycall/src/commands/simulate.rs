//! `everycall simulate`: a provider on a loopback port, for trying things out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use clap::builder::PossibleValuesParser;
use domain::{Clock as _, Timestamp};
use providers::SystemClock;
use simulators::{Options, PROVIDERS, Simulated, World, WorldSettings};

use crate::clock::clock;
use crate::interrupt::Interrupt;
use crate::mistake::Exit;
use crate::output;

/// Run a simulated provider on a loopback port, until Ctrl-C
///
/// Once it can be asked, it prints one line of JSON: the keys of a source in the configuration that
/// lead to it, and its secrets. Equal arguments make equal worlds, tokens included.
#[derive(Debug, Args)]
pub struct Simulate {
    /// Which provider
    #[arg(default_value = "highlevel_voice_ai", value_parser = PossibleValuesParser::new(PROVIDERS))]
    provider: String,
    /// How many calls there are
    #[arg(long, default_value_t = 1000, value_name = "N")]
    calls: usize,
    /// Which world: every seed is another
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Over how many days the calls spread
    #[arg(long, default_value_t = 90, value_name = "D", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// The port to listen on; 0 for any that is free
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,
    /// Milliseconds before every answer
    #[arg(long, default_value_t = 0, value_name = "MS")]
    latency_ms: u64,
    /// Answer as often as asked, where the real provider would say 429
    #[arg(long)]
    no_limits: bool,
    /// When the last call was made; the simulator's clock starts an hour later, when every call
    /// has ended [default: calls go on until now, and the clock is the machine's]
    #[arg(long, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    end: Option<Timestamp>,
    /// Write the ids of the calls it shows to this file, one a line
    #[arg(long, value_name = "FILE", hide = true)]
    shown: Option<PathBuf>,
    /// Rows of lists bring all that any deployment was seen to bring
    #[arg(long, hide = true)]
    rich_rows: bool,
    /// How many agents there are
    #[arg(long, default_value_t = 6, hide = true)]
    agents: usize,
    /// The share of calls that name no agent
    #[arg(long, default_value_t = 0.0, hide = true)]
    without_agent_share: f64,
}

/// Runs it.
pub async fn run(arguments: Simulate) -> Result<Exit> {
    let interrupt = Interrupt::listen("")?;
    let time = clock(arguments.end.map(|end| end + Duration::from_hours(1)));
    let end = arguments.end.unwrap_or_else(|| time.now());
    let world = World::generate(&WorldSettings {
        seed: arguments.seed,
        calls: arguments.calls,
        days: arguments.days,
        end: end.as_millis(),
        agents: arguments.agents,
        without_agent_share: arguments.without_agent_share,
        ..WorldSettings::default()
    });
    let options = Options {
        port: arguments.port,
        latency_ms: arguments.latency_ms,
        is_unlimited: arguments.no_limits,
        // The world's clock is history, and whoever goes by the machine's clock is not ahead of it.
        clock_skew_ms: SystemClock.now().as_millis() - time.now().as_millis(),
        has_rich_rows: arguments.rich_rows,
        switch: None,
    };
    let clock = Arc::new(move || time.now().as_millis());
    let simulator = simulators::start(&arguments.provider, world, options, clock)
        .await
        .with_context(|| format!("{} cannot be simulated here", arguments.provider))?;
    if let Some(file) = &arguments.shown {
        write_shown(simulator.as_ref(), file)?;
    }
    output::print_json(&door(simulator.as_ref())?)?;
    interrupt.stop().cancelled().await;
    Ok(Exit::Done)
}

/// What is true, for whoever compares what was read with it.
fn write_shown(simulator: &dyn Simulated, file: &Path) -> Result<()> {
    let mut ids: Vec<String> = simulator.truth().into_iter().map(|call| call.id).collect();
    ids.sort_unstable();
    std::fs::write(file, ids.join("\n") + "\n")
        .with_context(|| format!("{} could not be written", file.display()))
}

/// What leads to it and opens its door.
fn door(simulator: &dyn Simulated) -> Result<serde_json::Map<String, serde_json::Value>> {
    let keys = simulator.configuration();
    let lines: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let mut door = serde_json::Map::new();
    door.insert("provider".to_owned(), simulator.provider().into());
    for (key, value) in lines.join("\n").parse::<toml::Table>()? {
        door.insert(key, serde_json::to_value(value)?);
    }
    for (key, secret) in simulator.secrets() {
        door.insert(key.to_owned(), secret.into());
    }
    Ok(door)
}
