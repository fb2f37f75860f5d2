//! A PostgreSQL cluster that lives as long as one command: fast, forgetful, on loopback only.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::programs::Programs;
use crate::{environment, run};

/// PostgreSQL refuses to run as root; then it runs as the user Debian's package creates.
const SERVER_USER: &str = "postgres";

/// A running cluster; dropping it stops the server and removes its files.
pub struct Cluster {
    folder: TempDir,
    pg_ctl: PathBuf,
    as_root: bool,
    port: u16,
}

impl Cluster {
    /// Makes and starts one, and waits until it answers.
    pub fn start(programs: &Programs) -> Result<Self> {
        let cluster = Self {
            folder: TempDir::with_prefix("everycall-postgres-")?,
            pg_ctl: programs.folder().join("pg_ctl"),
            as_root: environment::is_root()?,
            port: free_port()?,
        };
        if cluster.as_root {
            run::answer(Command::new("chown").arg(SERVER_USER).arg(cluster.folder.path()))
                .context("root needs a user `postgres` to run the server as; create it")?;
        }
        cluster.create(programs)?;
        cluster.write_settings()?;
        cluster.start_server()?;
        Ok(cluster)
    }

    /// Where it listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn create(&self, programs: &Programs) -> Result<()> {
        let initdb = programs.folder().join("initdb");
        let mut command = self.as_server_user(&initdb);
        command.arg("-D").arg(self.data());
        command.args(["-U", "postgres", "--auth=trust", "--no-sync"]);
        command.args(["--encoding=UTF8", "--no-locale"]);
        run::answer(&mut command)?;
        Ok(())
    }

    /// Nothing in it outlives the command, so it need not survive a power cut.
    fn write_settings(&self) -> Result<()> {
        let settings = format!(
            "\nlisten_addresses = '127.0.0.1'\n\
             port = {}\n\
             unix_socket_directories = '{}'\n\
             max_connections = 200\n\
             fsync = off\n\
             synchronous_commit = off\n\
             full_page_writes = off\n",
            self.port,
            self.folder.path().display(),
        );
        let file = self.data().join("postgresql.conf");
        let mut file = OpenOptions::new().append(true).open(file)?;
        Ok(file.write_all(settings.as_bytes())?)
    }

    fn start_server(&self) -> Result<()> {
        let log = self.folder.path().join("server.log");
        let mut command = self.as_server_user(&self.pg_ctl);
        command.arg("-D").arg(self.data());
        command.arg("-l").arg(&log).args(["-w", "-t", "60", "start"]);
        // The server inherits what pg_ctl has: a pipe would stay open as long as it runs.
        let status = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .with_context(|| run::cannot_start(&command))?;
        run::check("pg_ctl start".to_owned(), status)
            .with_context(|| fs::read_to_string(&log).unwrap_or_default())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn as_server_user(&self, program: &Path) -> Command {
        let mut command = if self.as_root {
            let mut runuser = Command::new("runuser");
            runuser.args(["-u", SERVER_USER, "--"]).arg(program);
            runuser
        } else {
            Command::new(program)
        };
        // Ours may be closed to that user.
        command.current_dir(self.folder.path());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.data().join("postmaster.pid").exists() {
            return;
        }
        let mut command = self.as_server_user(&self.pg_ctl);
        command.arg("-D").arg(self.data());
        // Its files go away next, so it need not put them in order.
        let stopped = run::answer(command.args(["-w", "-m", "immediate", "stop"]));
        match stopped {
            Ok(_) => println!("PostgreSQL: stopped the throwaway server."),
            Err(error) => eprintln!("PostgreSQL: the throwaway server did not stop: {error:#}"),
        }
    }
}

/// A port nobody uses at this moment; the system does not hand it out again soon.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
