//! Calls as a file: every one that a list would have, a page at a time, so that memory does not grow
//! with their number.

mod columns;
mod format;
mod json;
mod pages;
mod parquet;
mod text;
mod xlsx;

use std::io::{self, Write};

use ::parquet::errors::ParquetError;
use rust_xlsxwriter::XlsxError;
use store::{CallRow, StoreError};

pub use columns::{COLUMNS, Cell, Column, Kind};
pub use format::Format;
pub use json::as_json;
pub use pages::Pages;
pub use text::text;
pub use xlsx::CALLS_MAX as XLSX_CALLS_MAX;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The workbook cannot be written.
    #[error("the XLSX file cannot be written: {0}; CSV takes every text")]
    Xlsx(#[from] XlsxError),
    /// The groups of rows cannot be written.
    #[error("the Parquet file cannot be written: {0}")]
    Parquet(#[from] ParquetError),
    /// A sheet has fewer rows than there are calls.
    #[error(
        "a sheet of XLSX has room for {XLSX_CALLS_MAX} calls and these are more: narrow what is asked for, or choose CSV"
    )]
    TooMany,
    /// The thread that was writing is gone.
    #[error("writing was broken off")]
    BrokenOff,
}

/// A file on its way.
pub enum Export<W: Write + Send> {
    /// Of texts, which need no end.
    Texts(Format, W),
    /// Of a spreadsheet.
    Xlsx(Box<xlsx::Xlsx<W>>),
    /// Of groups of rows.
    Parquet(Box<parquet::Parquet<W>>),
}

impl<W: Write + Send> Export<W> {
    /// One without calls.
    pub fn new(format: Format, mut out: W) -> Result<Self, ExportError> {
        Ok(match format {
            Format::Xlsx => Self::Xlsx(Box::new(xlsx::Xlsx::new(out)?)),
            Format::Parquet => Self::Parquet(Box::new(parquet::Parquet::new(out)?)),
            Format::Csv | Format::Lines => {
                text(format, true, &[], &mut out)?;
                Self::Texts(format, out)
            }
        })
    }

    /// Some more calls.
    pub fn add(&mut self, calls: &[CallRow]) -> Result<(), ExportError> {
        match self {
            Self::Texts(format, out) => Ok(text(*format, false, calls, out)?),
            Self::Xlsx(xlsx) => xlsx.add(calls),
            Self::Parquet(parquet) => parquet.add(calls),
        }
    }

    /// Writes what is left.
    pub fn finish(self) -> Result<(), ExportError> {
        match self {
            Self::Texts(_, mut out) => Ok(out.flush()?),
            Self::Xlsx(xlsx) => xlsx.finish(),
            Self::Parquet(parquet) => parquet.finish(),
        }
    }
}

/// Writes these calls, and tells after each page how many there are. Gives how many.
pub async fn export<W: Write + Send + 'static>(
    mut pages: Pages,
    (format, out): (Format, W),
    mut tell: impl FnMut(u64),
) -> Result<u64, ExportError> {
    let mut export = Export::new(format, out)?;
    let mut written = 0;
    while let Some(calls) = pages.next().await? {
        written += calls.len() as u64;
        // Packing a page takes long enough to be in the way of whoever else is served.
        export = aside(move || export.add(&calls).map(|()| export)).await?;
        tell(written);
    }
    aside(move || export.finish()).await?;
    Ok(written)
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ExportError> + Send + 'static,
) -> Result<T, ExportError> {
    tokio::task::spawn_blocking(work).await.map_err(|_panicked| ExportError::BrokenOff)?
}

#[cfg(test)]
mod tests;
