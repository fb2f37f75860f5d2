//! Calls as text.

use std::io::{self, Write};

use store::CallRow;

use super::{COLUMNS, Format, as_json};
use crate::sheet::Sheet;

/// Writes these calls, after the head of the table where it `begins`: a piece of a file, so that a
/// long one can be sent while it is read.
pub fn text(
    format: Format,
    begins: bool,
    calls: &[CallRow],
    out: &mut impl Write,
) -> io::Result<()> {
    if format == Format::Lines {
        for call in calls {
            serde_json::to_writer(&mut *out, &as_json(call))?;
            out.write_all(b"\n")?;
        }
        return Ok(());
    }
    let names = COLUMNS.each_ref().map(|column| column.name);
    let mut sheet = if begins { Sheet::new(out, &names)? } else { Sheet::going_on(out) };
    for call in calls {
        let told = COLUMNS.each_ref().map(|column| (column.read)(call).written());
        sheet.row(told.iter().map(AsRef::as_ref))?;
    }
    sheet.finish()
}
