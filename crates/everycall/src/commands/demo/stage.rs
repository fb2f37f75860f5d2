//! The demo's stage: a simulated provider, and a folder with database, configuration and token.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Clock as _, Timestamp};
use providers::SystemClock;
use simulators::highlevel_voice_ai::{Settings, Simulator};
use simulators::{World, WorldSettings};
use tempfile::TempDir;

use crate::commands::waiting::quoted;
use crate::config::environment;
use crate::mistake::Mistake;

/// Over how many days the calls spread.
pub const DAYS: u32 = 90;

/// How many agents there are; the last one is deleted.
const AGENTS: usize = 8;
/// The share of calls that name no agent.
const WITHOUT_AGENT: f64 = 0.002;
/// What a nearby provider takes for an answer.
const LATENCY_MS: u64 = 20;

/// A simulated provider and a folder; dropping it takes both away, unless the folder is kept.
pub struct Stage {
    /// How many calls the provider has.
    pub calls: usize,
    /// When its last call was made.
    pub end: Timestamp,
    folder: PathBuf,
    temporary: Option<TempDir>,
    simulator: Simulator,
}

impl Stage {
    /// Builds it, in a temporary folder or in `keep`.
    pub async fn build(calls: usize, seed: u64, keep: Option<&Path>) -> Result<Self> {
        let temporary = match keep {
            Some(_) => None,
            None => Some(TempDir::with_prefix("everycall-demo-")?),
        };
        let folder = match (keep, &temporary) {
            (Some(keep), _) => new_folder(keep)?,
            (None, Some(temporary)) => temporary.path().to_path_buf(),
            (None, None) => unreachable!("a folder that is not kept is temporary"),
        };
        // Whole seconds, so that it can be typed again.
        let end = SystemClock.now().floor_to(Duration::from_secs(1));
        let world = World::generate(&WorldSettings {
            seed,
            calls,
            days: DAYS,
            end: end.as_millis(),
            agents: AGENTS,
            without_agent_share: WITHOUT_AGENT,
            ..WorldSettings::default()
        });
        let settings = Settings { latency_ms: LATENCY_MS, ..Settings::without_limits() };
        let simulator =
            Simulator::start(world, settings, Arc::new(|| SystemClock.now().as_millis())).await?;
        simulator.prerender();
        let stage = Self { calls, end, folder, temporary, simulator };
        stage.write_configuration(seed)?;
        Ok(stage)
    }

    /// When its first call was made, or shortly before.
    pub fn since(&self) -> Timestamp {
        self.end - Duration::from_hours(24 * u64::from(DAYS))
    }

    /// Where the provider answers.
    pub fn base_url(&self) -> String {
        self.simulator.base_url()
    }

    /// The configuration that leads there.
    pub fn config(&self) -> PathBuf {
        self.folder.join("everycall.toml")
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.folder.join("everycall.db")
    }

    /// Whether the folder outlives the demo.
    pub fn is_kept(&self) -> bool {
        self.temporary.is_none()
    }

    /// Stops the provider.
    pub async fn stop(self) {
        self.simulator.stop().await;
    }

    fn write_configuration(&self, seed: u64) -> Result<()> {
        let (base_url, calls, end) = (self.base_url(), self.calls, self.end);
        let port = base_url.rsplit(':').next().unwrap_or("0");
        let since = self.since();
        let location_id = self.simulator.location_id();
        let program = quoted(&environment::program());
        let text = format!(
            r#"# The demo's configuration. Its provider is simulated and ends with the demo; this one brings the
# same provider back, calls and token included:
#   {program} simulate --calls {calls} --seed {seed} --days {DAYS} --end {end} --port {port} \
#     --no-limits --agents {AGENTS} --without-agent-share {WITHOUT_AGENT}

[database]
url = "sqlite://everycall.db"

[[sources]]
name = "demo"
provider = "highlevel_voice_ai"
base_url = "{base_url}"
location_id = "{location_id}"
since = "{since}"
token_file = "demo.token"
unlimited = true
"#
        );
        fs::write(self.folder.join("demo.token"), self.simulator.token())?;
        fs::write(self.config(), text)?;
        Ok(())
    }
}

fn new_folder(path: &Path) -> Result<PathBuf> {
    if path.join("everycall.toml").exists() || path.join("everycall.db").exists() {
        return Err(Mistake::new(
            format!("there is an everycall in {} already", path.display()),
            format!(
                "Choose another folder, or look at this one: everycall --config {} status",
                quoted(&path.join("everycall.toml").display().to_string())
            ),
        )
        .into());
    }
    fs::create_dir_all(path)
        .with_context(|| format!("the folder {} cannot be made", path.display()))?;
    Ok(path.to_path_buf())
}
