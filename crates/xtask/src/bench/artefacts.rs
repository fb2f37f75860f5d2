//! Builds the programs that are measured and says where they are.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{environment, metadata, run};

/// The programs, built in release mode.
pub struct Artefacts {
    /// The product.
    pub everycall: PathBuf,
    /// Fetches and parses, and does nothing else.
    pub floor_fetch: PathBuf,
    /// Writes rows in bulk, and does nothing else.
    pub floor_insert: PathBuf,
    /// Times statements in a database with many calls.
    pub many_rows: PathBuf,
    /// Places calls in memory.
    pub place_speed: PathBuf,
    /// Plans, and does nothing else.
    pub planning: PathBuf,
    /// Compares a file with a database it filled.
    pub comparing: PathBuf,
    /// Serves pages over a database it filled, and asks for them.
    pub serving: PathBuf,
}

impl Artefacts {
    /// Builds them all; the first build takes some minutes.
    pub fn build() -> Result<Self> {
        println!("Building everycall and the floors in release mode.");
        run::run(
            Command::new("cargo")
                .args(["build", "--release", "--bins", "--examples"])
                .args(["-p", "everycall", "-p", "providers", "-p", "store", "-p", "domain"])
                .args(["-p", "engine", "-p", "web"])
                .current_dir(environment::workspace_root()),
        )?;
        let release = metadata::read()?.target_directory.join("release");
        let built = |path: &str, source: &str| {
            let file = release.join(path);
            ensure!(
                environment::workspace_root().join(source).exists() && file.is_file(),
                "the bench needs `{path}`, which is built from {source}, and there is none"
            );
            Ok(file)
        };
        Ok(Self {
            everycall: built("everycall", "crates/everycall/src/main.rs")?,
            floor_fetch: built("examples/floor_fetch", "crates/providers/examples/floor_fetch.rs")?,
            planning: built("examples/planning", "crates/engine/examples/planning.rs")?,
            comparing: built("examples/comparing", "crates/engine/examples/comparing.rs")?,
            serving: built("examples/serving", "crates/web/examples/serving/main.rs")?,
            floor_insert: built("examples/floor_insert", "crates/store/examples/floor_insert.rs")?,
            many_rows: built("examples/many_rows", "crates/store/examples/many_rows.rs")?,
            place_speed: built("examples/place_speed", "crates/domain/examples/place_speed.rs")?,
        })
    }
}
