//! What the machine says about itself: variables, folders, programs and who we are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::run;

/// A variable of the environment, absent when it is empty.
pub fn variable(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "xtask reads the environment here and nowhere else"
    )]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder that holds the workspace's `Cargo.toml`.
pub fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/xtask lies two folders below the root")
}

/// The first program of that name on the `PATH`.
pub fn program_on_path(name: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The name of the person who runs us, as the system knows it.
pub fn user_name() -> Result<String> {
    run::answer(Command::new("id").arg("-un"))
}

/// Whether we may do anything on this machine.
pub fn is_root() -> Result<bool> {
    Ok(run::answer(Command::new("id").arg("-u"))? == "0")
}
