//! What cargo knows of the workspace and everything it is built from.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{environment, run};

/// The part of `cargo metadata` we read.
#[derive(Deserialize)]
pub struct Metadata {
    /// Every package of the build, ours and others'.
    pub packages: Vec<Package>,
    /// Where cargo puts what it builds.
    pub target_directory: PathBuf,
}

/// One package.
#[derive(Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence as an SPDX expression.
    pub license: Option<String>,
    /// Where it comes from; absent for crates of this workspace.
    pub source: Option<String>,
    /// What it asks for, whether or not this machine builds it.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the architecture test reads it"))]
    pub dependencies: Vec<Dependency>,
}

/// One line of a package's dependencies.
#[cfg_attr(not(test), expect(dead_code, reason = "only the architecture test reads it"))]
#[derive(Deserialize)]
pub struct Dependency {
    /// The package asked for.
    pub name: String,
    /// `None` for a normal dependency, else `dev` or `build`.
    pub kind: Option<String>,
}

impl Metadata {
    /// The packages of this workspace.
    #[cfg(test)]
    pub fn ours(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }
}

/// Asks cargo; the lock file must be up to date.
pub fn read() -> Result<Metadata> {
    let printed = run::answer(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(environment::workspace_root()),
    )?;
    serde_json::from_str(&printed).context("cargo metadata printed something we cannot read")
}
