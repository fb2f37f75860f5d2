//! The dashboard, and somebody who keeps looking at it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::simulator::{Process, first_line};
use crate::run;

/// What is looked at, in turn.
const PATHS: [&str; 3] = ["/calls", "/", "/api/v1/calls"];

/// Longer than the server itself gives a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running dashboard; dropping it stops it.
pub struct Dashboard {
    address: SocketAddr,
    _process: Process,
}

/// Somebody who asks for one page after the other.
pub struct Onlooker {
    is_over: Arc<AtomicBool>,
    looking: JoinHandle<Result<Seen>>,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many pages were read whole.
    pub pages: u64,
    /// What the slowest of them took.
    pub slowest: Duration,
}

impl Dashboard {
    /// Starts one from a command that prints first where it is.
    pub fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = command.spawn().with_context(|| run::cannot_start(command))?;
        let mut process = Process(child);
        let stdout = process.0.stdout.take().context("its output was asked for")?;
        let line = first_line(stdout, "everycall serve")?;
        let address = address(&line)
            .with_context(|| format!("`everycall serve` should say where it is: `{line}`"))?;
        Ok(Self { address, _process: process })
    }

    /// Looks at its pages from now on.
    pub fn watch(&self) -> Onlooker {
        let is_over = Arc::new(AtomicBool::new(false));
        let (address, told) = (self.address, Arc::clone(&is_over));
        let looking = thread::spawn(move || {
            let mut seen = Seen::default();
            for path in PATHS.iter().cycle() {
                if told.load(Ordering::Relaxed) {
                    break;
                }
                seen = seen.and(look(address, path)?);
            }
            Ok(seen)
        });
        Onlooker { is_over, looking }
    }

    /// Looks at its pages this long.
    pub fn watch_for(&self, time: Duration) -> Result<Seen> {
        let onlooker = self.watch();
        thread::sleep(time);
        onlooker.end()
    }
}

impl Onlooker {
    /// What was seen until now.
    pub fn end(self) -> Result<Seen> {
        self.is_over.store(true, Ordering::Relaxed);
        let seen = self.looking.join().map_err(|_panic| anyhow::anyhow!("the onlooker fell"))?;
        let seen = seen?;
        ensure!(seen.pages > 0, "no page was answered in all that time");
        Ok(seen)
    }
}

impl Seen {
    fn and(self, took: Duration) -> Self {
        Self { pages: self.pages + 1, slowest: self.slowest.max(took) }
    }

    /// Both together.
    pub fn with(self, other: Self) -> Self {
        Self { pages: self.pages + other.pages, slowest: self.slowest.max(other.slowest) }
    }
}

/// Reads one page to its end.
fn look(address: SocketAddr, path: &str) -> Result<Duration> {
    let started = Instant::now();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).with_context(|| format!("{path} was not answered"))?;
    let took = started.elapsed();
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "{path} was answered with `{status}`");
    Ok(took)
}

/// The address in a sentence that names one, as `http://HOST:PORT`.
fn address(sentence: &str) -> Option<SocketAddr> {
    let (_, rest) = sentence.split_once("http://")?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn answering(status: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr().expect("it has one");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            // To the end: what is left unread when a line is closed takes the answer with it.
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut some = [0; 512];
                let read = stream.read(&mut some).expect("something is asked");
                assert!(read > 0, "the question has an end");
                asked.extend_from_slice(&some[..read]);
            }
            write!(stream, "HTTP/1.1 {status}\r\n\r\nbody").expect("it can be answered");
        });
        address
    }

    #[test]
    fn a_page_counts_when_it_was_answered_well() {
        assert!(look(answering("200 OK"), "/").is_ok());
        let refused = look(answering("503 Service Unavailable"), "/calls");
        let sentence = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(sentence, "/calls was answered with `HTTP/1.1 503 Service Unavailable`");
    }

    #[test]
    fn the_dashboard_says_where_it_is() {
        let line = "The dashboard is at http://127.0.0.1:4711   (Ctrl-C ends it)";
        assert_eq!(address(line), "127.0.0.1:4711".parse().ok());
        assert_eq!(address("nowhere"), None);
    }

    #[test]
    fn the_slowest_page_is_kept() {
        let one = Seen::default().and(Duration::from_millis(3)).and(Duration::from_millis(2));
        let other = Seen::default().and(Duration::from_millis(9));
        let both = Seen { pages: 3, slowest: Duration::from_millis(9) };
        assert_eq!(one.with(other), both);
    }
}
