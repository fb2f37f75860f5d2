//! Compares the crate table of `ARCHITECTURE.md` with what cargo knows.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use super::table;
use crate::metadata::{Dependency, Package};

const HEADER: [&str; 4] = ["crate", "lives there", "may depend on", "only crate allowed to use"];

/// Crates that tests everywhere may use.
const FOR_TESTS: [&str; 2] = ["testkit", "simulators"];

/// Crates of others that stay in one place whatever the table says.
const KEPT_APART: [(&str, &[&str]); 5] = [
    ("sqlx", &["store", "testkit"]),
    ("reqwest", &["providers"]),
    ("mysql_async", &["providers", "simulators"]),
    ("axum", &["web", "simulators"]),
    ("clap", &["everycall", "xtask"]),
];

/// The table, understood.
pub struct Map {
    crates: BTreeMap<String, MayDependOn>,
    // Which of our crates may use a crate of others.
    reserved: BTreeMap<String, BTreeSet<String>>,
}

enum MayDependOn {
    All,
    These(Vec<String>),
}

impl Map {
    /// Reads the document.
    pub fn parse(text: &str) -> Result<Self> {
        let mut crates = BTreeMap::new();
        let mut reserved: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (external, users) in KEPT_APART {
            reserved
                .insert(external.to_owned(), users.iter().map(|&user| user.to_owned()).collect());
        }
        for row in table::rows(text, &HEADER)? {
            let name = table::quoted_once(&row[0])?;
            let twice = crates.insert(name.clone(), may_depend_on(&row[2])?);
            ensure!(twice.is_none(), "`{name}` has two rows");
            for external in table::quoted(&row[3]) {
                let users = reserved.entry(external.clone()).or_default();
                let kept_elsewhere =
                    KEPT_APART.iter().any(|(kept, _)| *kept == external) && !users.contains(&name);
                ensure!(!kept_elsewhere, "the table gives `{external}` to `{name}`");
                users.insert(name.clone());
            }
        }
        Ok(Self { crates, reserved })
    }

    /// One sentence for each difference between the table and the crates.
    pub fn differences(&self, ours: &[&Package]) -> Vec<String> {
        let names: BTreeSet<&str> = ours.iter().map(|package| package.name.as_str()).collect();
        let gone = self.crates.keys().filter(|name| !names.contains(name.as_str()));
        let mut said: Vec<String> =
            gone.map(|name| format!("the table has `{name}`, the workspace does not")).collect();
        for package in ours {
            let name = &package.name;
            let Some(allowed) = self.crates.get(name) else {
                said.push(format!("the workspace has `{name}`, the table does not"));
                continue;
            };
            for dependency in &package.dependencies {
                let refused = if names.contains(dependency.name.as_str()) {
                    !is_exempt(dependency) && !allowed.covers(&dependency.name)
                } else {
                    self.is_reserved_for_others(&dependency.name, name)
                };
                if refused {
                    said.push(format!("`{name}` may not depend on `{}`", dependency.name));
                }
            }
        }
        said
    }

    fn is_reserved_for_others(&self, external: &str, name: &str) -> bool {
        self.reserved.get(external).is_some_and(|users| !users.contains(name))
    }
}

impl MayDependOn {
    fn covers(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(|allowed| allowed == name),
        }
    }
}

fn may_depend_on(cell: &str) -> Result<MayDependOn> {
    if cell.starts_with("all") {
        return Ok(MayDependOn::All);
    }
    let names = table::quoted(cell);
    let understood = !names.is_empty() || cell == "–";
    ensure!(understood, "`{cell}` should be `all`, `–` or names in backticks");
    Ok(MayDependOn::These(names))
}

fn is_exempt(dependency: &Dependency) -> bool {
    dependency.kind.as_deref() == Some("dev") && FOR_TESTS.contains(&dependency.name.as_str())
}
