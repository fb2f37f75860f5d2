//! CSV that a spreadsheet may open: no cell of it is ever run as a formula.

use std::borrow::Cow;
use std::io::{self, Write};

/// A table on its way into a file.
pub struct Sheet<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> Sheet<W> {
    /// Begins one with these columns.
    pub fn new(out: W, columns: &[&str]) -> io::Result<Self> {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(columns)?;
        Ok(Self { out })
    }

    /// The rest of one whose columns are written.
    pub fn going_on(out: W) -> Self {
        Self { out: csv::Writer::from_writer(out) }
    }

    /// One more row.
    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> io::Result<()> {
        let cells = cells.into_iter().map(|cell| harmless(cell).into_owned());
        Ok(self.out.write_record(cells)?)
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A text that a spreadsheet would take for a formula, with an apostrophe before it. A number stays
/// what it is, also one with a sign, such as a phone number.
fn harmless(cell: &str) -> Cow<'_, str> {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let is_number = digits.starts_with(|it: char| it.is_ascii_digit())
        && digits.chars().all(|it| it.is_ascii_digit() || it == '.');
    if is_formula && !is_number { format!("'{cell}").into() } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let check = |cell: &str, written: &str| assert_eq!(harmless(cell), written);
        check("=1+1", "'=1+1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0");
        check("+12015550123", "+12015550123");
        check("-5.5", "-5.5");
        check("+", "'+");
        check("\t=1", "'\t=1");
        check("Ann", "Ann");
        check("", "");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut bytes = Vec::new();
        let mut sheet = Sheet::new(&mut bytes, &["a", "b"]).expect("a Vec takes all");
        sheet.row(["one, two", "=\"x\""]).expect("a Vec takes all");
        sheet.finish().expect("a Vec takes all");
        assert_eq!(String::from_utf8_lossy(&bytes), "a,b\n\"one, two\",\"'=\"\"x\"\"\"\n");
    }
}
