//! A CSV file of accounts or assignments: opened, imported, and told line by line.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Result;
use engine::lines::FileError;
use engine::place::FileReport;

use crate::mistake::{Exit, Mistake};
use crate::output::{self, count};

/// Opens it.
pub fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(|error| {
        let sentence = format!("{} cannot be opened: {error}", path.display());
        Mistake::new(sentence, "Check the name of the file")
    })?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// Tells what was done. Where a line was refused, the work is not complete.
pub fn tell(
    path: &Path,
    imported: Result<FileReport, FileError>,
    is_dry: bool,
    json: bool,
) -> Result<Exit> {
    let report = match imported {
        Ok(report) => report,
        Err(FileError::Store(error)) => return Err(error.into()),
        Err(error) => {
            let hint = "Correct the file and import it again; what was imported before stays";
            return Err(Mistake::new(format!("{}: {error}", path.display()), hint).into());
        }
    };
    if json {
        let mut json = serde_json::to_value(&report)?;
        json["dryRun"] = is_dry.into();
        output::tell_json(&json);
    } else {
        output::tell(&text(&report, is_dry));
    }
    Ok(if report.refused > 0 { Exit::Incomplete } else { Exit::Done })
}

fn text(report: &FileReport, is_dry: bool) -> String {
    let verb = if is_dry { "Would import" } else { "Imported" };
    let mut lines = vec![format!(
        "{verb}: {} lines = {} new + {} changed + {} unchanged + {} refused. {} calls {}.",
        count(report.lines),
        count(report.new),
        count(report.changed),
        count(report.unchanged),
        count(report.refused),
        count(report.calls_moved),
        if is_dry { "would move; nothing was changed" } else { "moved" },
    )];
    let refused = report.refused_lines.iter();
    lines.extend(refused.map(|refused| format!("  line {}: {}", refused.line, refused.why)));
    let untold = report.refused - report.refused_lines.len() as u64;
    if untold > 0 {
        lines.push(format!("  and {} more", count(untold)));
    }
    lines.join("\n")
}
