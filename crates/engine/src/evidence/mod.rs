//! All that is kept of one call, in one archive: for whoever must see it and cannot look here.

mod archive;
mod call;
mod run;

use std::collections::BTreeSet;
use std::io::{self, Write};

use domain::{RunId, Timestamp, hex};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use store::{Store, StoreError};

pub use archive::Archive;
pub use call::Told;
pub use run::{run_as_json, run_log, run_log_as_json};

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be written.
    #[error("the archive cannot be written: {0}")]
    Io(#[from] io::Error),
    /// Something of it is no JSON.
    #[error("the call cannot be told: {0}")]
    Json(#[from] serde_json::Error),
}

/// The files of an archive, each with its name.
pub type Files = Vec<(String, Vec<u8>)>;

/// What the archive of a call holds: the call as it stands, each record byte by byte, the runs that
/// saw them, and a manifest with the hash of every file.
pub async fn files(store: &Store, told: &Told<'_>, now: Timestamp) -> Result<Files, EvidenceError> {
    let call = serde_json::to_value(told.whole(false)?)?;
    let mut files = vec![("call.json".to_owned(), serde_json::to_vec_pretty(&call)?)];
    for version in told.versions {
        files.push((format!("records/{:04}", version.version), version.raw.clone()));
    }
    let runs: BTreeSet<RunId> = told.versions.iter().map(|version| RunId(version.run_id)).collect();
    for run in runs {
        let log = serde_json::to_vec_pretty(&run_log(store, run).await?)?;
        files.push((format!("runs/{run}.json"), log));
    }
    let hash = |content: &[u8]| hex(&Sha256::digest(content));
    let manifest: Vec<_> = files
        .iter()
        .map(|(name, content)| {
            json!({ "file": name, "bytes": content.len(), "sha256": hash(content) })
        })
        .collect();
    let manifest = json!({ "madeAt": now.to_string(), "files": manifest });
    files.push(("manifest.json".to_owned(), serde_json::to_vec_pretty(&manifest)?));
    Ok(files)
}

/// Writes the archive of these files.
pub fn write<W: Write>(files: &Files, out: W) -> io::Result<W> {
    let mut archive = Archive::new(out);
    for (name, content) in files {
        archive.add(name, content)?;
    }
    archive.finish()
}
