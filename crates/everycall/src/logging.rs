//! The program's log, on stderr, so that stdout holds nothing but what was asked for.

use clap::ValueEnum;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Where runs wait for their turn.
const LEASES: &str = "engine::sync::lease";

/// Begins to log: errors of runs are told by the commands themselves, so without `-v` there is
/// only what nobody else says.
pub fn start(verbose: u8, format: LogFormat) {
    let (ours, others) = match verbose {
        0 => (LevelFilter::OFF, LevelFilter::ERROR),
        1 => (LevelFilter::INFO, LevelFilter::WARN),
        _ => (LevelFilter::DEBUG, LevelFilter::INFO),
    };
    let crates = ["domain", "engine", "everycall", "providers", "simulators", "store", "web"];
    let levels = Targets::new().with_default(others).with_targets(crates.map(|name| (name, ours)));
    // Waiting for a silent holder takes a while, and nobody else says why.
    let levels = if verbose == 0 {
        levels.with_target("store", LevelFilter::WARN).with_target(LEASES, LevelFilter::INFO)
    } else {
        levels
    };
    let is_coloured = crate::output::Style::of_stderr().is_coloured();
    let layer = fmt::layer().with_ansi(is_coloured).with_writer(std::io::stderr);
    let layer = match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().boxed(),
    };
    // The filter is for all, not for the one layer: the driver of PostgreSQL asks whether its own
    // lines are wanted, and a layer's filter would then swallow the next line of ours.
    tracing_subscriber::registry().with(levels).with(layer).init();
}
