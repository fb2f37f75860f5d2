//! A MariaDB that lives as long as one command: fast, forgetful, on loopback only.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::{client, local_url};
use crate::{environment, run};

/// Where Debian puts a server's programs, outside of most people's `PATH`.
const SERVER_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/bin"];

/// How long a server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_mins(1);

/// The programs that make and run a server.
pub struct Programs {
    install: PathBuf,
    server: PathBuf,
}

impl Programs {
    /// Both, if they are installed.
    pub fn find() -> Option<Self> {
        Some(Self { install: program("mariadb-install-db")?, server: program("mariadbd")? })
    }
}

fn program(name: &str) -> Option<PathBuf> {
    environment::program_on_path(name).or_else(|| {
        let places = SERVER_FOLDERS.iter().map(|folder| Path::new(folder).join(name));
        places.into_iter().find(|file| file.is_file())
    })
}

/// A running server; dropping it stops the server and removes its files.
pub struct Server {
    process: Child,
    port: u16,
    // Dropped last: the server writes into it until it has stopped.
    _folder: TempDir,
}

impl Server {
    /// Makes and starts one, and waits until it answers.
    pub fn start(programs: &Programs) -> Result<Self> {
        let folder = TempDir::with_prefix("everycall-mariadb-")?;
        let data = folder.path().join("data");
        let mut install = Command::new(&programs.install);
        install.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db"]);
        run::answer(as_who_we_are(&mut install)?)?;
        let port = free_port()?;
        let log = folder.path().join("server.log");
        let mut serve = Command::new(&programs.server);
        serve.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        serve.args([format!("--port={port}"), "--bind-address=127.0.0.1".to_owned()]);
        serve.arg(format!("--socket={}", folder.path().join("socket").display()));
        serve.arg(format!("--pid-file={}", folder.path().join("pid").display()));
        // Nothing in it outlives the command, so it need not survive a power cut.
        serve.args([
            "--skip-log-bin",
            "--innodb-flush-log-at-trx-commit=0",
            "--max-connections=500",
        ]);
        let said = fs::File::create(&log)?;
        serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        let process = as_who_we_are(&mut serve)?.spawn();
        let process = process.with_context(|| run::cannot_start(&serve))?;
        let mut server = Self { process, port, _folder: folder };
        server
            .wait_until_it_answers()
            .with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(server)
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            run::stop_if_interrupted()?;
            let Err(error) = client::probe(&local_url(self.port)) else { return Ok(()) };
            if let Some(status) = self.process.try_wait()? {
                bail!("the throwaway server ended at once: {status}");
            }
            if started.elapsed() > PATIENCE {
                return Err(error.context("the throwaway server started but does not answer"));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.process.id().to_string();
        let asked = run::answer(Command::new("kill").args(["-TERM", &id]));
        match asked.and_then(|_| Ok(self.process.wait()?)) {
            Ok(_) => println!("MariaDB: stopped the throwaway server."),
            Err(error) => eprintln!("MariaDB: the throwaway server did not stop: {error:#}"),
        }
    }
}

/// MariaDB runs as root only if it is told to.
fn as_who_we_are(command: &mut Command) -> Result<&mut Command> {
    command.current_dir(env::temp_dir());
    if environment::is_root()? {
        command.arg("--user=root");
    }
    Ok(command)
}

/// A port nobody uses at this moment; the system does not hand it out again soon.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
