//! Checks that every key of a provider's settings stands on its page in `docs/providers`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::table;

/// One sentence for each key below `crates/providers/src` that its provider's page does not name.
pub fn missing(root: &Path) -> Result<Vec<String>> {
    let mut said = Vec::new();
    let mut providers = 0;
    for entry in fs::read_dir(root.join("crates/providers/src"))? {
        let folder = entry?.path();
        let Ok(settings) = fs::read_to_string(folder.join("settings.rs")) else { continue };
        providers += 1;
        let provider = folder.file_name().context("it has a name")?.to_string_lossy();
        let page = format!("docs/providers/{provider}.md");
        let text = fs::read_to_string(root.join(&page)).with_context(|| page.clone())?;
        let named: Vec<String> = text.lines().flat_map(table::quoted).collect();
        let keys = keys(&settings);
        ensure!(!keys.is_empty(), "the settings of `{provider}` have no key that can be read");
        for key in keys.into_iter().filter(|key| !named.iter().any(|word| word == key)) {
            said.push(format!("{page} does not name `{key}`"));
        }
    }
    ensure!(providers > 0, "there are no settings of any provider");
    said.sort();
    Ok(said)
}

/// The public fields of the structs in a file.
fn keys(source: &str) -> Vec<&str> {
    source.lines().filter_map(key).collect()
}

fn key(line: &str) -> Option<&str> {
    let (name, _) = line.trim().strip_prefix("pub ")?.split_once(": ")?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(is_name).then_some(name)
}
