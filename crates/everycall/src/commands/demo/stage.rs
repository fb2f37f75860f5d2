//! The demo's stage: simulated providers, and a folder with database, configuration and secrets.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Clock as _, Timestamp};
use providers::SystemClock;
use simulators::{Options, PROVIDERS, Simulated, World, WorldSettings};
use tempfile::TempDir;

use crate::commands::waiting::quoted;
use crate::config::environment;
use crate::mistake::Mistake;
use crate::output::written;

/// Over how many days the calls spread.
pub const DAYS: u32 = 90;

/// How many agents there are; the last one is deleted.
const AGENTS: usize = 8;
/// The share of calls that name no agent.
const WITHOUT_AGENT: f64 = 0.002;
/// How many days ago calls were that come to a list late.
const LATE_DAYS: [u64; 3] = [12, 19, 27];
/// What a nearby provider takes for an answer.
const LATENCY_MS: u64 = 20;
/// Of the calls of the first provider, how many each further one has.
const SHARE_OF_OTHERS: usize = 10;

/// Simulated providers and a folder; dropping it takes both away, unless the folder is kept.
pub struct Stage {
    /// When the last call was made.
    pub end: Timestamp,
    /// The providers, each with its number of calls; the first has the most.
    pub providers: Vec<(Box<dyn Simulated>, usize)>,
    /// Providers that could not be simulated here, each with the reason.
    pub left_out: Vec<(&'static str, String)>,
    folder: PathBuf,
    temporary: Option<TempDir>,
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
        let (providers, left_out) = (Vec::new(), Vec::new());
        let mut stage = Self { end, providers, left_out, folder, temporary };
        for (at, provider) in PROVIDERS.iter().enumerate() {
            let calls = if at == 0 { calls } else { calls.div_ceil(SHARE_OF_OTHERS) };
            match simulator(provider, calls, world_of(provider, at, seed), end).await {
                Ok(running) => stage.providers.push((running, calls)),
                Err(why) => stage.left_out.push((provider, why.to_string())),
            }
        }
        stage.write_configuration(seed)?;
        Ok(stage)
    }

    /// When the first call was made, or shortly before.
    pub fn since(&self) -> Timestamp {
        self.end - Duration::from_hours(24 * u64::from(DAYS))
    }

    /// How many calls there are.
    pub fn calls(&self) -> usize {
        self.providers.iter().map(|(_, calls)| calls).sum()
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

    /// Calls of weeks ago come to the first provider's list now that it has been read, as happens to
    /// real ones: no sync looks there for days, a comparison does.
    pub fn come_late(&self) {
        let Some((first, _)) = self.providers.first() else { return };
        for days in LATE_DAYS {
            first.add((self.end - Duration::from_hours(24 * days)).as_millis());
        }
    }

    fn write_configuration(&self, seed: u64) -> Result<()> {
        let mut text = "# The demo's configuration. Its providers are simulated and end with the \
            demo; the command\n# above a source brings it back, with the same calls and \
            secrets.\n\n[database]\nurl = \"sqlite://everycall.db\"\n"
            .to_owned();
        for (at, (provider, calls)) in self.providers.iter().enumerate() {
            let world = world_of(provider.provider(), at, seed);
            text += &self.source(provider.as_ref(), *calls, world);
            for (key, secret) in provider.secrets() {
                fs::write(self.folder.join(secret_file(provider.as_ref(), key)), secret)?;
            }
        }
        fs::write(self.config(), text)?;
        Ok(())
    }

    fn source(&self, provider: &dyn Simulated, calls: usize, seed: u64) -> String {
        let (name, since, end) = (provider.provider(), self.since(), self.end);
        let program = quoted(&environment::program());
        let keys = provider.configuration();
        written(|out| {
            writeln!(out)?;
            if let Some(port) = port(&keys) {
                writeln!(
                    out,
                    "# {program} simulate {name} --calls {calls} --seed {seed} --days {DAYS} --end {end} \\\n\
                     #   --port {port} --no-limits --agents {AGENTS} --without-agent-share {WITHOUT_AGENT}"
                )?;
            }
            writeln!(out, "[[sources]]\nname = \"{name}\"\nprovider = \"{name}\"")?;
            writeln!(out, "since = \"{since}\"\nunlimited = true")?;
            for (key, value) in &keys {
                writeln!(out, "{key} = {value}")?;
            }
            for (key, _) in provider.secrets() {
                writeln!(out, "{key}_file = \"{}\"", secret_file(provider, key))?;
            }
            Ok(())
        })
    }
}

/// The seed of a provider's world, which is its own: but conversations at ElevenLabs go over the
/// lines of Twilio.
fn world_of(provider: &str, at: usize, seed: u64) -> u64 {
    let of = match provider {
        "elevenlabs" => PROVIDERS.iter().position(|known| *known == "twilio"),
        _ => None,
    };
    seed + of.unwrap_or(at) as u64
}

async fn simulator(
    provider: &str,
    calls: usize,
    seed: u64,
    end: Timestamp,
) -> std::io::Result<Box<dyn Simulated>> {
    let world = World::generate(&WorldSettings {
        seed,
        calls,
        days: DAYS,
        end: end.as_millis(),
        agents: AGENTS,
        without_agent_share: WITHOUT_AGENT,
        ..WorldSettings::default()
    });
    let options = Options { latency_ms: LATENCY_MS, is_unlimited: true, ..Options::default() };
    let clock = Arc::new(|| SystemClock.now().as_millis());
    simulators::start(provider, world, options, clock).await
}

fn secret_file(provider: &dyn Simulated, key: &str) -> String {
    format!("{}.{key}", provider.provider())
}

/// Where a provider that is asked over HTTP listens.
fn port(keys: &[(&'static str, String)]) -> Option<u16> {
    let (_, address) = keys.iter().find(|(key, _)| *key == "base_url")?;
    address.trim_matches('"').rsplit(':').next()?.parse().ok()
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
