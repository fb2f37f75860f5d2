//! `cargo xtask simulate`: lives of one source, each made from a seed, played in parallel against
//! simulated providers; `testkit::lives` says what they are.

use std::process::Command;
use std::thread;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::needs::mariadb::Mariadb;
use crate::needs::postgres::Postgres;
use crate::needs::{self, Choice, Ready};
use crate::{environment, run};

/// What to simulate.
#[derive(Args)]
pub struct SimulateArguments {
    /// How many lives to play on each engine
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The seed of the first life
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Play this one life, for instance one that failed
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Which of our databases
    #[arg(long, value_enum, default_value_t = Engines::Both)]
    engine: Engines,
    /// Lives played beside each other [default: one per processor]
    #[arg(long)]
    jobs: Option<usize>,
    /// Build in release mode: worth its build time from a few thousand lives on
    #[arg(long)]
    release: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

impl Engines {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["sqlite"],
            Self::Postgres => &["postgres"],
            Self::Both => &["sqlite", "postgres"],
        }
    }
}

/// Plays them all; fails if any life lost, doubled or miscounted a call.
pub fn simulate(arguments: &SimulateArguments) -> Result<()> {
    let needs = [
        needs::provide(&Postgres, Choice::Found)?,
        // One provider is a database of its own.
        needs::provide(&Mariadb, Choice::Found)?,
    ];
    let (first, count) = arguments.seed.map_or((arguments.from, arguments.seeds), |seed| (seed, 1));
    let processors = thread::available_parallelism().map_or(1, Into::into);
    let jobs = arguments.jobs.unwrap_or(processors).max(1);
    let mut outcome = Ok(());
    for engine in arguments.engine.names() {
        let mut command = player(&needs, arguments.release);
        command.args([engine, jobs.to_string().as_str(), &first.to_string(), &count.to_string()]);
        // The other engine is played all the same, so that a failure is known to be of one or both.
        outcome = outcome.and(run::run(&mut command));
        run::stop_if_interrupted()?;
    }
    outcome
}

fn player(needs: &[Ready], is_release: bool) -> Command {
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--package", "testkit", "--example", "simulate"]);
    command.args(is_release.then_some("--release"));
    command.arg("--").current_dir(environment::workspace_root());
    command.envs(needs.iter().flat_map(Ready::variables));
    command
}
