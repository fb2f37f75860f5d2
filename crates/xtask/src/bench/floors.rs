//! The least that fetching and storing can take here: the same HTTP client and the same driver with
//! no bookkeeping at all.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::measure::{Cost, measure};
use super::scenarios::World;

/// What a floor prints.
#[derive(Deserialize)]
struct Printed {
    calls: u64,
    pages: Option<u64>,
    duration_ms: f64,
}

/// One run of a floor.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// How many calls went through.
    pub calls: u64,
    /// On how many pages, where they came on pages.
    pub pages: Option<u64>,
    /// How many pages were asked for at once.
    pub pages_ahead: Option<u32>,
    /// What it took; the time is the floor's own, without starting and connecting.
    pub cost: Cost,
}

/// Fetches and parses every call, as many pages ahead as the product does.
pub fn fetch(world: &World, pages_ahead: u32) -> Result<Floor> {
    let door = &world.simulator.door;
    // A token never stands on a command line, where every user of the machine can read it.
    let token_file = tempfile::NamedTempFile::with_prefix("everycall-bench-")?;
    std::fs::write(token_file.path(), door.text("token"))?;
    let mut command = Command::new(&world.artefacts.floor_fetch);
    command.args([door.text("base_url"), door.text("location_id")]).arg(token_file.path());
    let floor = floor(command.arg(pages_ahead.to_string()), world.calls)?;
    Ok(Floor { pages_ahead: Some(pages_ahead), ..floor })
}

/// Writes as many rows in bulk.
pub fn insert(world: &World) -> Result<Floor> {
    let database = world.databases.fresh()?;
    let mut command = Command::new(&world.artefacts.floor_insert);
    floor(command.arg(database.url()).arg(world.calls.to_string()), world.calls)
}

fn floor(command: &mut Command, calls: u64) -> Result<Floor> {
    let (printed, mut cost): (Printed, Cost) = measure(command)?;
    ensure!(
        printed.calls == calls,
        "the floor handled {} calls, and there are {calls}",
        printed.calls
    );
    cost.wall = Duration::from_secs_f64(printed.duration_ms / 1000.0);
    Ok(Floor { calls, pages: printed.pages, pages_ahead: None, cost })
}
