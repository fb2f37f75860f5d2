//! `cargo xtask deny`: licences, banned crates and sources, by cargo-deny where it is installed and
//! by our own reading of the same `deny.toml` where it is not.

mod rules;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use self::rules::Rules;
use crate::metadata::{self, Package};
use crate::{environment, run};

const FILE: &str = "deny.toml";

/// Checks all that is built into the workspace; needs no network.
pub fn deny() -> Result<()> {
    if environment::program_on_path("cargo-deny").is_some() {
        println!("Checking licences, bans and sources with cargo-deny.");
        return run::run(
            Command::new("cargo")
                .args(["deny", "--offline", "check", "licenses", "bans", "sources"])
                .current_dir(environment::workspace_root()),
        );
    }
    println!(
        "cargo-deny is not installed; checking licences, bans and sources of {FILE} ourselves."
    );
    let text = fs::read_to_string(environment::workspace_root().join(FILE))
        .with_context(|| format!("{FILE} cannot be read"))?;
    let rules = Rules::parse(&text)?;
    let mut packages = metadata::read()?.packages;
    if !rules.targets().is_empty() {
        let built = built_for(rules.targets())?;
        packages
            .retain(|package| built.contains(&format!("{} v{}", package.name, package.version)));
    }
    let broken = broken(&rules, &packages);
    for line in &broken {
        eprintln!("{line}");
    }
    if !broken.is_empty() {
        bail!("{} rules of {FILE} are broken", broken.len());
    }
    println!("{} crates keep the rules.", packages.len());
    println!("Known vulnerabilities need cargo-deny and a network: `cargo deny check advisories`.");
    Ok(())
}

/// What is built for any of these targets, as `name v1.2.3`. What cargo knows beside it is in the
/// lock file only: features that another target alone asks for.
fn built_for(targets: &[String]) -> Result<BTreeSet<String>> {
    let mut built = BTreeSet::new();
    for target in targets {
        let printed = run::answer(
            Command::new("cargo")
                .args(["tree", "--workspace", "--all-features", "--locked", "--target", target])
                .args(["--edges", "normal,build,dev", "--prefix", "none", "--format", "{p}"])
                .current_dir(environment::workspace_root()),
        )?;
        let named = printed.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>());
        built.extend(named.map(|words| words.join(" ")));
    }
    Ok(built)
}

/// One sentence for each rule that a package breaks.
fn broken(rules: &Rules, packages: &[Package]) -> Vec<String> {
    packages
        .iter()
        .flat_map(|package| {
            [rules.licence_broken(package), rules.ban_broken(package), rules.source_broken(package)]
        })
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests;
