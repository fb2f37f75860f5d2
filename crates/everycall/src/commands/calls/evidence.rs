//! All that is kept of one call, in one archive: for whoever must see it and cannot look here.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context as _, Result};
use domain::{RunId, hex};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::commands::runs::run_log;
use crate::output::Archive;
use crate::wiring::Desk;

/// One version of the call, and the run that saw it.
pub struct Seen<'a> {
    /// Which, from 1.
    pub version: i64,
    /// During which run.
    pub run: RunId,
    /// The record as the provider sent it.
    pub raw: &'a [u8],
}

/// Writes the archive: the call as it stands, each record byte by byte, the runs that saw them, and
/// a manifest with the hash of every file.
pub async fn write(
    desk: &Desk,
    call: &serde_json::Value,
    seen: &[Seen<'_>],
    path: &Path,
) -> Result<()> {
    let mut files = vec![("call.json".to_owned(), serde_json::to_vec_pretty(call)?)];
    for version in seen {
        files.push((format!("records/{:04}", version.version), version.raw.to_vec()));
    }
    let runs: BTreeSet<RunId> = seen.iter().map(|version| version.run).collect();
    for run in runs {
        let log = serde_json::to_vec_pretty(&run_log(desk, run).await?)?;
        files.push((format!("runs/{run}.json"), log));
    }
    let hash = |content: &[u8]| hex(&Sha256::digest(content));
    let manifest: Vec<_> = files
        .iter()
        .map(|(name, content)| {
            json!({ "file": name, "bytes": content.len(), "sha256": hash(content) })
        })
        .collect();
    let manifest = json!({ "madeAt": desk.ctx.now().to_string(), "files": manifest });
    files.push(("manifest.json".to_owned(), serde_json::to_vec_pretty(&manifest)?));
    let file = File::create(path);
    let file = file.with_context(|| format!("{} cannot be written", path.display()))?;
    let mut archive = Archive::new(BufWriter::new(file));
    for (name, content) in &files {
        archive.add(name, content)?;
    }
    archive.finish()?;
    Ok(())
}
