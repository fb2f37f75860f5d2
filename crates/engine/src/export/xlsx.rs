//! Calls as a sheet of a workbook. A text is a text there, whatever it begins with.

use std::io::Write;

use rust_xlsxwriter::{Format, Workbook, XlsxError};
use store::CallRow;

use super::columns::seconds;
use super::{COLUMNS, Cell, ExportError};

/// Rows of a sheet but the head.
pub const CALLS_MAX: u32 = 1_048_575;

const DAY: f64 = 86_400_000.0;

/// 1970-01-01 in the days of a sheet.
const EPOCH: f64 = 25_569.0;

/// A sheet whose rows are kept in a temporary file until the workbook is packed.
pub struct Xlsx<W: Write + Send> {
    book: Workbook,
    instant: Format,
    /// Calls written.
    calls: u32,
    out: W,
}

impl<W: Write + Send> Xlsx<W> {
    /// One without calls.
    pub fn new(out: W) -> Result<Self, ExportError> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name("Calls")?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, column) in (0..).zip(&COLUMNS) {
            sheet.set_column_width(at, 20)?;
            sheet.write_string(0, at, column.name)?;
        }
        let instant = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        Ok(Self { book, instant, calls: 0, out })
    }

    /// Some more calls.
    pub fn add(&mut self, calls: &[CallRow]) -> Result<(), ExportError> {
        for call in calls {
            if self.calls == CALLS_MAX {
                return Err(ExportError::TooMany);
            }
            self.calls += 1;
            self.row(call)?;
        }
        Ok(())
    }

    /// As if so many calls were written.
    #[cfg(test)]
    pub fn pretend(&mut self, calls: u32) {
        self.calls = calls;
    }

    fn row(&mut self, call: &CallRow) -> Result<(), XlsxError> {
        let (sheet, row) = (self.book.worksheet_from_index(0)?, self.calls);
        for (at, column) in (0..).zip(&COLUMNS) {
            match (column.read)(call) {
                Cell::Nothing => continue,
                Cell::Text(text) => sheet.write_string(row, at, text)?,
                Cell::Length(millis) => sheet.write_number(row, at, seconds(millis))?,
                // A sheet has no days before 1900.
                Cell::Instant(millis) if day(millis) < 61.0 => {
                    sheet.write_string(row, at, Cell::Instant(millis).written())?
                }
                Cell::Instant(millis) => {
                    sheet.write_number_with_format(row, at, day(millis), &self.instant)?
                }
            };
        }
        Ok(())
    }

    /// Packs the workbook.
    pub fn finish(mut self) -> Result<(), ExportError> {
        self.book.save_to_writer(&mut self.out)?;
        Ok(self.out.flush()?)
    }
}

/// An instant in the days of a sheet.
fn day(millis: i64) -> f64 {
    EPOCH + millis as f64 / DAY
}
