//! Checks that tests a document names exist: as a function of the crate, or as a file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::table;

/// `docs/guarantees.md`.
pub const GUARANTEES: [&str; 2] = ["promise", "test"];
/// `docs/scenarios.md`.
pub const SCENARIOS: [&str; 3] = ["id", "how it happens", "test"];

/// One sentence for each row whose last column names no test that exists under `root`, and for each
/// first column that another row has too.
pub fn missing(text: &str, header: &[&str], root: &Path) -> Result<Vec<String>> {
    let mut said = Vec::new();
    let mut seen = Vec::new();
    for row in table::rows(text, header)? {
        let (what, cell) = (&row[0], &row[header.len() - 1]);
        if seen.contains(what) {
            said.push(format!("two rows for `{what}`"));
        }
        seen.push(what.clone());
        let names = table::quoted(cell);
        if names.is_empty() {
            said.push(format!("`{what}` names no test in backticks"));
        }
        for name in names {
            if !exists(&name, root).with_context(|| format!("in the row of `{what}`"))? {
                said.push(format!("`{what}` names `{name}`, which does not exist"));
            }
        }
    }
    Ok(said)
}

fn exists(name: &str, root: &Path) -> Result<bool> {
    if name.contains('/') {
        return Ok(root.join(name).is_file());
    }
    let path: Vec<&str> = name.split("::").collect();
    ensure!(path.len() >= 2, "`{name}` is neither `crate::path::test` nor a file");
    let wanted = format!("fn {}", path[path.len() - 1]);
    let folder = root.join("crates").join(path[0]);
    Ok(sources(&folder)
        .iter()
        .any(|file| fs::read_to_string(file).is_ok_and(|text| defines(&text, &wanted))))
}

/// Whether `fn name` stands there as a whole word.
fn defines(text: &str, wanted: &str) -> bool {
    text.match_indices(wanted).any(|(at, _)| {
        let rest = &text[at + wanted.len()..];
        !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
    })
}

/// Every file of Rust below a folder.
pub fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}
