//! The ways `everycall sync` is run: first load, everything again, and what came since.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tempfile::TempDir;

use super::artefacts::Artefacts;
use super::database::{Database, Databases};
use super::measure::{Cost, measure};
use super::simulator::{Door, Simulator};
use super::summary::{Expected, Summary};
use crate::run;

/// How long the simulated account has been in use.
pub const DAYS: u32 = 90;

/// The time the calls are from. It is fixed, so that runs can be compared over the years.
pub struct Span {
    /// The first moment.
    pub since: Timestamp,
    /// The moment after the last.
    pub end: Timestamp,
}

impl Span {
    /// The span of every bench.
    pub fn fixed() -> Result<Self> {
        let end: Timestamp = "2026-01-01T00:00:00Z".parse()?;
        let since = end.checked_sub(SignedDuration::from_hours(i64::from(DAYS) * 24))?;
        Ok(Self { since, end })
    }

    /// An hour later, which is what a simulator's clock shows when it starts.
    pub fn later(&self) -> Result<Timestamp> {
        Ok(self.end.checked_add(SignedDuration::from_hours(1))?)
    }

    /// The moment after which the last hundredth lies.
    pub fn before_the_last_hundredth(&self) -> Result<Timestamp> {
        Ok(self.end.checked_sub(self.end.duration_since(self.since) / 100)?)
    }
}

/// One timed run.
#[derive(Clone, Debug)]
pub struct Timed {
    /// How many calls the scenario is about.
    pub calls: u64,
    /// What the product counted.
    pub summary: Summary,
    /// What it took.
    pub cost: Cost,
}

/// Everything the scenarios run on.
pub struct World<'a> {
    /// The programs.
    pub artefacts: &'a Artefacts,
    /// Where databases come from.
    pub databases: &'a Databases,
    /// The provider.
    pub simulator: &'a Simulator,
    /// How many calls it has.
    pub calls: u64,
    /// When they were.
    pub span: &'a Span,
}

/// One run of each scenario.
pub struct Round {
    /// Into an empty database.
    pub first_load: Timed,
    /// All of it once more.
    pub again: Timed,
    /// The last hundredth of the span, the rest being there.
    pub incremental: Timed,
}

impl World<'_> {
    /// A first load into an empty database, after which that must hold exactly the calls the
    /// provider shows, and everything once more. It is done a while after the last call, when every
    /// call is old enough to be proved.
    pub fn load_twice(&self) -> Result<(Timed, Timed)> {
        let (since, later) = (self.span.since.to_string(), self.span.later()?.to_string());
        let site = Site::new(self)?;
        let first_load = site.sync(&["--now", &later], Expected::AllNew(self.calls))?;
        let held = site.held()?;
        let missing: Vec<&String> = self.simulator.shown.difference(&held).collect();
        ensure!(missing.is_empty(), "{} calls are missing: {missing:?}", missing.len());
        let everything = ["--from", &since, "--to", &later, "--now", &later];
        let again = site.sync(&everything, Expected::NothingNew)?;
        Ok((first_load, again))
    }

    /// Runs each scenario once.
    pub fn round(&self) -> Result<Round> {
        let (since, end) = (self.span.since.to_string(), self.span.end.to_string());
        let site = Site::new(self)?;
        let first_load = site.sync(&["--now", &end], Expected::AllNew(self.calls))?;
        let everything = ["--from", &since, "--to", &end, "--now", &end];
        let again = site.sync(&everything, Expected::AllUnchanged(self.calls))?;
        drop(site);

        let site = Site::new(self)?;
        let earlier = self.span.before_the_last_hundredth()?.to_string();
        let before = site.sync(&["--now", &earlier], Expected::NewBelow(self.calls))?;
        let missing = self.calls - before.summary.new;
        let mut incremental = site.sync(&["--now", &end], Expected::New(missing))?;
        incremental.calls = missing;
        Ok(Round { first_load, again, incremental })
    }
}

/// As many calls as one command lists.
const LIST_MAX: usize = 10_000;

/// A call of that list.
#[derive(Deserialize)]
struct Held {
    #[serde(rename = "providerCallId")]
    id: String,
}

/// A database with the settings that lead the product to it.
pub struct Site<'a> {
    world: &'a World<'a>,
    config: PathBuf,
    _folder: TempDir,
    _database: Database,
}

impl<'a> Site<'a> {
    /// An empty one.
    pub fn new(world: &'a World<'a>) -> Result<Self> {
        let folder = TempDir::with_prefix("everycall-bench-")?;
        let database = world.databases.fresh()?;
        let config = folder.path().join("everycall.toml");
        let since = world.span.since.to_string();
        let text = config_text(database.url(), &world.simulator.door, folder.path(), &since)?;
        fs::write(&config, text)?;
        Ok(Self { world, config, _folder: folder, _database: database })
    }

    /// The ids of all calls it holds.
    fn held(&self) -> Result<BTreeSet<String>> {
        let mut held = BTreeSet::new();
        let mut last: Option<String> = None;
        loop {
            let most = LIST_MAX.to_string();
            let calls = ["calls", "--json", "--source", "bench", "--limit", &most];
            let mut command = self.command(&calls);
            command.args(last.iter().flat_map(|id| ["--after", id]));
            let listed = run::answer(&mut command)?;
            let ids = listed.lines().map(|line| Ok(serde_json::from_str::<Held>(line)?.id));
            let ids = ids.collect::<Result<Vec<String>>>()?;
            last = ids.last().cloned();
            let is_end = ids.len() < LIST_MAX;
            held.extend(ids);
            if is_end {
                return Ok(held);
            }
        }
    }

    /// The product, about to be run on it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.world.artefacts.everycall);
        command.arg("--config").arg(&self.config).args(arguments);
        command
    }

    /// Reads the provider, and fails unless that comes to what must come out.
    pub fn sync(&self, arguments: &[&str], expected: Expected) -> Result<Timed> {
        let mut command = self.command(&["sync", "--json"]);
        command.args(arguments);
        let (summary, cost): (Summary, Cost) = measure(&mut command)?;
        summary.check(expected)?;
        Ok(Timed { calls: self.world.calls, summary, cost })
    }
}

/// The product's configuration for one source, its secrets in files of this folder.
pub fn config_text(url: &str, door: &Door, folder: &Path, since: &str) -> Result<String> {
    let mut source = door.source(folder)?;
    source.insert("name".to_owned(), "bench".into());
    source.insert("since".to_owned(), since.into());
    // The simulator has no limits; what is measured is us.
    source.insert("unlimited".to_owned(), true.into());
    let config = serde_json::json!({ "database": { "url": url }, "sources": [source] });
    Ok(toml::to_string(&config)?)
}
