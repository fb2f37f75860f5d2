//! Calls as a file: every one that a list would have.

use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use domain::Words;
use engine::export::{ExportError, Format, Pages};
use indicatif::{ProgressBar, ProgressStyle};
use store::{CallFilter, Scope};

use crate::draft::Draft;
use crate::mistake::Mistake;
use crate::output::count;
use crate::wiring::Desk;

const TICK: Duration = Duration::from_millis(120);

/// Writes every call of this filter. Gives how many.
pub async fn export(
    desk: &Desk,
    (filter, said): (CallFilter, Option<Words>),
    path: &Path,
) -> Result<u64> {
    let format = format(path)?;
    let draft = Draft::at(path)?;
    let file = BufWriter::with_capacity(1 << 16, draft.file()?);
    let progress = progress();
    let tell = |written: u64| progress.set_message(format!("{} calls written", count(written)));
    let pages = Pages::new(desk.ctx.store.clone(), Scope::Operator, filter).await?;
    let pages = match said {
        Some(words) => pages.said(words, desk.records()),
        None => pages,
    };
    let written = engine::export::export(pages, (format, file), tell).await;
    progress.finish_and_clear();
    let written = written.map_err(refusal)?;
    draft.keep()?;
    Ok(written)
}

fn refusal(error: ExportError) -> anyhow::Error {
    match error {
        ExportError::TooMany => anyhow::Error::from(Mistake::new(
            error.to_string(),
            "Narrow it with --from and --to, or end the file's name with .csv",
        )),
        error => error.into(),
    }
}

fn format(path: &Path) -> Result<Format> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    Format::of_ending(ending).ok_or_else(|| {
        let sentence = format!("{} is none of .csv, .jsonl, .xlsx and .parquet", path.display());
        let hint = "Choose one of these endings: it says what is written";
        Mistake::new(sentence, hint).into()
    })
}

/// How far it is, on stderr; invisible where nobody looks.
fn progress() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {msg} · {elapsed}") {
        spinner.set_style(style);
    }
    spinner.set_message("reading calls");
    spinner.enable_steady_tick(TICK);
    spinner
}
