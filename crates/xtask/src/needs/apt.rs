//! Installs Debian packages where we may, and says with which command where we may not.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::{environment, run};

/// The right to install on this machine.
pub struct Apt {
    sudo: bool,
}

impl Apt {
    /// Fails with the command for a person unless we may install this package ourselves.
    pub fn allowed(package: &str) -> Result<Self> {
        if environment::program_on_path("apt-get").is_none() {
            bail!("this machine has no apt-get; install {package} the way your system does");
        }
        if environment::is_root()? {
            return Ok(Self { sudo: false });
        }
        if sudo_asks_no_password() {
            return Ok(Self { sudo: true });
        }
        bail!(
            "we may not install it; as root, run \
             `apt-get update && apt-get install -y --no-install-recommends {package}`"
        );
    }

    /// Learns which versions there are.
    pub fn update(&self) -> Result<()> {
        run::run(self.apt_get().args(["-qq", "update"]))
    }

    /// Installs one package with as little else as possible.
    pub fn install(&self, package: &str) -> Result<()> {
        println!("Installing Debian's {package}.");
        let mut install = self.apt_get();
        install.args(["-qq", "install", "-y", "--no-install-recommends", package]);
        run::run(&mut install)
    }

    /// A command with the rights to change the system.
    pub fn as_root(&self, program: &str) -> Command {
        if !self.sudo {
            return Command::new(program);
        }
        let mut command = Command::new("sudo");
        command.args(["-n", program]);
        command
    }

    fn apt_get(&self) -> Command {
        // sudo clears the environment, so the variable goes through `env`.
        let mut command = self.as_root("env");
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    }
}

fn sudo_asks_no_password() -> bool {
    Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
