//! Runs other programs: says which one failed, and ends in order when the person presses Ctrl-C,
//! so that whatever was started for them is stopped too.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// How often a running program is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Ctrl-C reaches the program we wait for as well: it has this long to end by itself before it is
/// asked to.
const ASK_AFTER: Duration = Duration::from_secs(2);

/// A program that was asked to end may have servers to stop first.
const KILL_AFTER: Duration = Duration::from_secs(30);

// A signal belongs to the whole process, so its flag does too.
static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// A program that ran and said no; its exit code becomes ours.
#[derive(Debug)]
pub struct Failed {
    program: String,
    status: ExitStatus,
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => write!(out, "`{}` failed with code {code}", self.program),
            (None, Some(signal)) => write!(out, "`{}` ended by signal {signal}", self.program),
            (None, None) => write!(out, "`{}` failed", self.program),
        }
    }
}

impl std::error::Error for Failed {}

/// From now on an interrupt no longer ends us at once.
pub fn listen_for_interrupts() -> Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&INTERRUPTED))
            .context("the system did not let us listen for Ctrl-C")?;
    }
    Ok(())
}

/// Stops a longer piece of work between its steps.
pub fn stop_if_interrupted() -> Result<()> {
    if INTERRUPTED.load(Ordering::Relaxed) {
        bail!("interrupted");
    }
    Ok(())
}

/// The code to end with: the failed program's own where there was one.
pub fn exit_code(error: &anyhow::Error) -> u8 {
    error
        .downcast_ref::<Failed>()
        .and_then(|failed| failed.status.code())
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1)
}

/// Runs a program in front of the person, who sees all it prints.
pub fn run(command: &mut Command) -> Result<()> {
    stop_if_interrupted()?;
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    check(shown(command), wait(&mut child)?)
}

/// Runs a program quietly and returns what it printed, without the last line break.
pub fn answer(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| cannot_start(command))?;
    let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    // Only the program's name: its arguments may hold a password.
    let program = command.get_program().to_string_lossy().into_owned();
    let checked = check(program, output.status);
    if complaint.is_empty() {
        checked?;
    } else {
        checked.context(complaint)?;
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Runs a program, and hands on each line that it prints as soon as it has come.
pub fn listen(command: &mut Command, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| cannot_start(command))?;
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        each(&line?)?;
    }
    check(program, wait(&mut child)?)
}

/// Fails unless the program ended well.
pub fn check(program: String, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    Err(Failed { program, status }.into())
}

/// The sentence for a program that could not even be started.
pub fn cannot_start(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    format!("`{program}` could not be started; is it installed?")
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let mut interrupted_at = None;
    let mut asked = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if INTERRUPTED.load(Ordering::Relaxed) {
            let since = interrupted_at.get_or_insert_with(Instant::now).elapsed();
            if since > ASK_AFTER && !asked {
                ask_to_end(child)?;
                asked = true;
            }
            if since > KILL_AFTER {
                child.kill()?;
            }
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// The standard library can only kill, which leaves a program no time to stop what it started.
fn ask_to_end(child: &Child) -> Result<()> {
    let id = child.id().to_string();
    // It may end by itself at this very moment, which is as good.
    Command::new("kill").args(["-TERM", &id]).status()?;
    Ok(())
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(std::ffi::OsStr::to_string_lossy));
    words.join(" ")
}
