//! The real service with many sources, watched while it has little to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use super::Line;
use crate::bench::artefacts::Artefacts;
use crate::bench::scenarios::Span;
use crate::bench::simulator::{Simulator, World};
use crate::run;

/// How long it may take to start before it is watched.
const SETTLES: Duration = Duration::from_secs(5);

/// How long reading each source once may take.
const READS_MAX: Duration = Duration::from_mins(5);

/// The system counts processor time in hundredths of a second.
const TICKS: f64 = 100.0;

const CPU_MAX: f64 = 1.0;
const MEGABYTES_MAX: f64 = 100.0;

/// One interval of a service that reads each source every minute.
const INTERVAL: Duration = Duration::from_mins(1);

/// Watches it twice: while no source is due, which is what is asked for; and through one interval
/// in which each is read once, for what that costs.
pub fn measure(artefacts: &Artefacts, sources: u32, seconds: u64) -> Result<Vec<Line>> {
    let world = World {
        provider: "highlevel_voice_ai",
        calls: 100,
        latency_ms: 0,
        has_rich_rows: false,
        agents: None,
    };
    let simulator = Simulator::start(&artefacts.everycall, &world, &Span::fixed()?)?;
    let watched = |every_minutes, length: Duration| {
        let site = Site::new(artefacts, &simulator, sources, every_minutes)?;
        println!("Reading {sources} sources once, then watching the service for {length:?}.");
        site.read_once(sources as usize)?;
        site.watch(length)
    };
    let idle = watched(60, Duration::from_secs(seconds))?;
    ensure!(idle.runs == 0, "{} runs began while none was due", idle.runs);
    let busy = watched(1, INTERVAL)?;
    ensure!(busy.runs > 0, "no source was read in an interval, so nothing was measured");
    Ok(vec![
        Line {
            what: format!("`everycall serve`, {sources} sources of which none is due: processor"),
            measured: format!("{:.2}% of a core over {seconds} s", idle.cpu_percent),
            bound: "under 1% of a core",
            is_reached: idle.cpu_percent < CPU_MAX,
        },
        Line {
            what: "the same: most memory held".to_owned(),
            measured: format!("{:.1} MB", idle.megabytes),
            bound: "under 100 MB",
            is_reached: idle.megabytes < MEGABYTES_MAX,
        },
        Line {
            what: format!("the same, each read every minute and nothing new ({} runs)", busy.runs),
            measured: format!("{:.2}% of a core, {:.1} MB", busy.cpu_percent, busy.megabytes),
            bound: "under 100 MB",
            is_reached: busy.megabytes < MEGABYTES_MAX,
        },
    ])
}

struct Seen {
    cpu_percent: f64,
    megabytes: f64,
    runs: usize,
}

struct Site {
    everycall: PathBuf,
    config: PathBuf,
    _folder: TempDir,
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to stop.
        if self.0.kill().is_ok() {
            self.0.wait().ok();
        }
    }
}

impl Site {
    fn new(
        artefacts: &Artefacts,
        simulator: &Simulator,
        sources: u32,
        every_minutes: u64,
    ) -> Result<Self> {
        let folder = TempDir::with_prefix("everycall-bench-")?;
        #[expect(clippy::disallowed_methods, reason = "the service goes by the machine's clock")]
        let now = Timestamp::now();
        let since = now.checked_sub(SignedDuration::from_hours(24))?;
        let door = simulator.door.source(folder.path())?;
        let sources: Vec<Value> = (0..sources)
            .map(|nth| {
                let mut source = door.clone();
                source.insert("name".to_owned(), format!("source-{nth}").into());
                source.insert("since".to_owned(), since.to_string().into());
                source.insert("unlimited".to_owned(), true.into());
                Value::Object(source)
            })
            .collect();
        let url = format!("sqlite://{}", folder.path().join("everycall.db").display());
        let config = serde_json::json!({
            "database": { "url": url }, "schedule": { "every_minutes": every_minutes },
            "sources": sources,
        });
        let file = folder.path().join("everycall.toml");
        fs::write(&file, toml::to_string(&config)?)?;
        Ok(Self { everycall: artefacts.everycall.clone(), config: file, _folder: folder })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.everycall);
        command.arg("--config").arg(&self.config).args(arguments);
        command
    }

    /// By the service itself: what somebody reads by hand is due to the schedule all the same.
    fn read_once(&self, sources: usize) -> Result<()> {
        ensure!(self.runs()? == 0, "the database is not new");
        let mut service = self.serve()?;
        let began = Instant::now();
        while self.runs()? < sources {
            ensure!(service.0.try_wait()?.is_none(), "the service ended while it read");
            ensure!(began.elapsed() < READS_MAX, "not every source was read within {READS_MAX:?}");
            pause(Duration::from_secs(1))?;
        }
        // The last of them is to end.
        pause(SETTLES)
    }

    fn serve(&self) -> Result<Service> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Service(command.spawn().with_context(|| run::cannot_start(&command))?))
    }

    fn runs(&self) -> Result<usize> {
        Ok(run::answer(&mut self.command(&["runs", "--json", "--limit", "1000"]))?.lines().count())
    }

    fn watch(&self, length: Duration) -> Result<Seen> {
        let before = self.runs()?;
        let mut service = self.serve()?;
        let process = PathBuf::from(format!("/proc/{}", service.0.id()));
        pause(SETTLES)?;
        let (began, ticks) = (Instant::now(), processor_ticks(&process)?);
        pause(length)?;
        ensure!(service.0.try_wait()?.is_none(), "the service ended while it was watched");
        let used = processor_ticks(&process)? - ticks;
        let cpu_percent = used / TICKS / began.elapsed().as_secs_f64() * 100.0;
        let megabytes = peak_megabytes(&process)?;
        drop(service);
        Ok(Seen { cpu_percent, megabytes, runs: self.runs()? - before })
    }
}

fn pause(length: Duration) -> Result<()> {
    let until = Instant::now() + length;
    while Instant::now() < until {
        run::stop_if_interrupted()?;
        thread::sleep(Duration::from_millis(100).min(until - Instant::now()));
    }
    Ok(())
}

/// Processor time so far, of the program and of the system on its behalf.
fn processor_ticks(process: &Path) -> Result<f64> {
    let text = fs::read_to_string(process.join("stat"))?;
    // The name before the last bracket may have blanks; time is the 14th and 15th field.
    let (_, rest) = text.rsplit_once(')').context("the system tells no processor time")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next().and_then(|field| field.parse::<f64>().ok());
    let (user, system) = (next(), next());
    user.zip(system).map(|(user, system)| user + system).context("the system tells no such time")
}

/// The most memory it has held at once.
fn peak_megabytes(process: &Path) -> Result<f64> {
    let text = fs::read_to_string(process.join("status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    Ok(kilobytes.context("the system tells no memory")? / 1000.0 * 1.024)
}
