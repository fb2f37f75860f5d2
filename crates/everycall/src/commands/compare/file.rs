//! Comparing with a file that a person downloaded.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use domain::{PAIRING_TOLERANCE, Tolerances, WallClock};
use engine::Source;
use engine::compare::{
    Columns, CompareError, CompareOptions, CompareReport, FileSide, FileTrouble, compare_with_file,
};
use providers::export::Reader;

use super::Compare;
use crate::mistake::Mistake;
use crate::output;
use crate::wiring::Desk;

/// Compares a source with a file. What a person said of its columns is remembered once the file was
/// understood by it.
pub async fn compare(
    desk: &Desk,
    source: &Source,
    path: &Path,
    options: CompareOptions,
    arguments: &Compare,
) -> Result<CompareReport, CompareError> {
    let store = &desk.ctx.store;
    let remembered = Columns(store.export_columns_said(source.row.id).await?);
    let said = arguments.map.clone().unwrap_or(remembered);
    let side = read(desk, source, path, &said, &options).await?;
    if !arguments.json {
        output::aside(&understood(&side));
    }
    if let Some(said) = &arguments.map {
        let mut tx = store.begin().await?;
        tx.export_columns_say(source.row.id, &said.0, desk.ctx.now()).await?;
        tx.commit().await?;
    }
    let far = arguments.tolerance.map_or(PAIRING_TOLERANCE, Duration::from_secs);
    let options = if side.has_ids {
        options
    } else {
        CompareOptions { tolerances: Tolerances { time: far, duration: far }, ..options }
    };
    let lag = source.connection.capabilities().lag;
    let clock = arguments.offset.clone();
    compare_with_file(&desk.ctx, &source.row, lag, side, clock, &options).await
}

/// Reads a report that the provider's connection understands as such, else by columns.
async fn read(
    desk: &Desk,
    source: &Source,
    path: &Path,
    said: &Columns,
    options: &CompareOptions,
) -> Result<FileSide, CompareError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let open = || {
        let file = File::open(path).map_err(|cause| FileTrouble::Io { row: 0, cause })?;
        Ok::<_, FileTrouble>(BufReader::with_capacity(1 << 16, file))
    };
    let names = source.connection.export_columns();
    if !names.is_empty()
        && said.0.is_empty()
        && let Ok(mut file) = Reader::open(open()?, names)
    {
        let (ctx, stop) = (&desk.ctx, &options.stop);
        return Ok(FileSide::read_export(&name, ctx, source, &mut file, stop).await?);
    }
    let read = |said: &Columns| FileSide::read(&name, open()?, said, source.home, &options.stop);
    match read(said) {
        // A file of another kind than the one the columns were said of.
        Err(FileTrouble::NotRows(_)) if !said.0.is_empty() => Ok(read(&Columns::default())?),
        side => Ok(side?),
    }
}

/// What was understood of the file, in a line.
fn understood(side: &FileSide) -> String {
    let columns = side.shape.columns.shown();
    let columns = if columns.is_empty() { String::new() } else { format!(", {columns}") };
    let ids = if side.has_ids { "" } else { "; without ids, so by numbers and times" };
    format!("{}: {}, {} rows{columns}{ids}", side.name, side.shape.kind, side.rows)
}

/// What is wrong with the file, and what to do.
pub fn mistake(arguments: &Compare, trouble: &FileTrouble) -> anyhow::Error {
    let path = arguments.with.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let text = trouble.to_string();
    let (what, hint) = match text.split_once(". ") {
        Some((what, hint)) => (what.to_owned(), hint.to_owned()),
        None => (text, "Download it again, and do not open it in between".to_owned()),
    };
    Mistake::new(format!("{path}: {what}"), hint).into()
}

/// `-05:00`, `+2`, `+05:30`.
pub fn offset(text: &str) -> Result<WallClock, String> {
    let refused = || format!("`{text}` is not how far a clock is from UTC, such as -05:00");
    let (sign, rest) = match text.trim().split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(refused()),
    };
    let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
    match (hours.parse::<i64>(), minutes.parse::<i64>()) {
        (Ok(hours @ 0..=14), Ok(minutes @ 0..=59)) => {
            Ok(WallClock::ahead(sign * (hours * 60 + minutes)))
        }
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_clock_is_from_utc_is_read() {
        let check = |text: &str, minutes: Option<i64>| {
            assert_eq!(offset(text).ok(), minutes.map(WallClock::ahead), "{text}");
        };
        check("-05:00", Some(-300));
        check("+05:30", Some(330));
        check("+2", Some(120));
        check("2", None);
        check("+15", None);
        check("-05:60", None);
        check("New York", None);
    }
}
