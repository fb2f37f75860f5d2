use super::*;

const NAMES: &[&str] = &["call_date", "status", "lead_id"];

/// Reads a file to its end: each row as its cells, or as why it has none.
fn read(file: &[u8]) -> Vec<Result<Vec<String>, String>> {
    let mut reader = Reader::open(file, NAMES).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row().unwrap() {
        rows.push(row.cells);
    }
    rows
}

fn check(file: &str, expected: &[&[&str]]) {
    let rows: Vec<Vec<String>> = read(file.as_bytes()).into_iter().map(Result::unwrap).collect();
    assert_eq!(rows, expected);
}

fn check_trouble(file: &str, expected: &[&str]) {
    let rows = read(file.as_bytes()).into_iter();
    let why: Vec<String> = rows.map(|row| row.err().unwrap_or_else(|| "ok".to_owned())).collect();
    assert_eq!(why, expected);
}

fn check_refused(file: &[u8], expected: &str) {
    let error = Reader::open(file, NAMES).err().unwrap().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn lines_are_read_by_their_header() {
    check(
        "call_date\tstatus\tlead_id\r\n1\tA\t7\r\n2\t\t8\r\n",
        &[&["1", "A", "7"], &["2", "", "8"]],
    );
}

#[test]
fn every_delimiter_a_spreadsheet_writes_is_known() {
    for delimiter in ["\t", ",", ";", "|"] {
        let file = "call_date\tstatus\tlead_id\n1\tA\t7\n".replace('\t', delimiter);
        check(&file, &[&["1", "A", "7"]]);
    }
}

#[test]
fn names_may_be_written_otherwise() {
    check("\u{feff}\"Call Date\",STATUS,Lead-ID\n1,A,7\n", &[&["1", "A", "7"]]);
}

#[test]
fn a_quote_in_a_cell_is_a_letter_and_around_it_is_none() {
    let head = "call_date\tstatus\tlead_id\n";
    check(&format!("{head}\"1\"\t6\" pipe\t7\n"), &[&["1", "6\" pipe", "7"]]);
    check(&format!("{head}1\t\"a \"\"b\"\" c\"\t7\n"), &[&["1", "a \"b\" c", "7"]]);
    check("call_date,status,lead_id\n1,\"a, b\",7\n", &[&["1", "a, b", "7"]]);
}

#[test]
fn a_header_that_comes_again_is_no_row() {
    let head = "call_date\tstatus\tlead_id\n";
    check(&format!("{head}{head}1\tA\t7\n{head}"), &[&["1", "A", "7"]]);
}

#[test]
fn what_stands_before_the_header_is_kept() {
    let file = "Export of May\ncall_date\tstatus\tlead_id\n1\tA\t7\n";
    check_trouble(file, &["line 1 stands before the header", "ok"]);
}

#[test]
fn a_line_that_does_not_fit_says_so() {
    let head = "call_date\tstatus\tlead_id\n";
    check_trouble(&format!("{head}1\tA\n"), &["line 2 has 2 fields and the header 3"]);
    check_trouble(&format!("{head}1\tA\t7\t\t\n"), &["ok"]);
    check_trouble(&format!("{head}1\tA\t7\t9\n"), &["line 2 has 4 fields and the header 3"]);
    let quoted = "call_date,status,lead_id\n1,\"A,7\n";
    check_trouble(quoted, &["line 2 has a quote without its end"]);
}

#[test]
fn a_last_line_without_its_end_may_be_cut() {
    let file = "call_date\tstatus\tlead_id\n1\tA\t7\n2\tB\t7";
    check_trouble(file, &["ok", "the file ends in the middle of line 3, so it may be cut"]);
}

#[test]
fn something_else_is_no_export() {
    check_refused(b"", "none of the first 10 lines is a header");
    check_refused(b"1\tA\t7\n2\tB\t8\n", "with its header row");
    check_refused(b"<html><body>Login</body></html>\n", "web page");
    let none = b"<html>There are no outbound calls during this time period for these parameters\n";
    check_refused(none, "no calls");
    check_refused(b"\xff\xfec\0a\0l\0l\0_\0d\0a\0t\0e\0\n\0", "UTF-16");
    check_refused(&vec![b'a'; 3 << 20], "longer than a megabyte");
}

#[test]
fn bytes_that_are_no_utf8_are_read_byte_by_byte() {
    let rows = read(b"call_date\tstatus\tlead_id\n1\tZo\xeb\t7\n");
    assert_eq!(rows[0].as_ref().unwrap()[1], "Zoë");
}

#[test]
fn two_columns_of_one_name_are_both_kept() {
    let file = b"call_date\tstatus\tstatus\tlead_id\n1\tA\tB\t7\n".as_slice();
    let row = Reader::open(file, NAMES).unwrap().next_row().unwrap().unwrap();
    let json = String::from_utf8(row.json()).unwrap();
    assert!(json.contains(r#""status":"A""#) && json.contains(r#""status#3":"B""#), "{json}");
}

/// Counts what is asked of it, and never holds more than one line.
struct Endless {
    left: u64,
    line: &'static [u8],
    at: usize,
}

impl io::Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < into.len() && self.left > 0 {
            let rest = &self.line[self.at..];
            let count = rest.len().min(into.len() - written);
            into[written..written + count].copy_from_slice(&rest[..count]);
            written += count;
            self.at += count;
            if self.at == self.line.len() {
                self.at = 0;
                self.left -= 1;
            }
        }
        Ok(written)
    }
}

#[test]
fn a_long_file_is_read_line_by_line() {
    let rows = Endless { left: 200_000, line: b"2026-03-31 12:00:00\tSALE\t7\r\n", at: 0 };
    let file =
        io::BufReader::new(io::Read::chain(b"call_date\tstatus\tlead_id\r\n".as_slice(), rows));
    let mut reader = Reader::open(file, NAMES).unwrap();
    let mut count = 0;
    while let Some(row) = reader.next_row().unwrap() {
        assert_eq!(row.get("status"), Some("SALE"));
        count += 1;
    }
    assert_eq!((count, reader.lines()), (200_000, 200_001));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
        if let Ok(mut reader) = Reader::open(bytes.as_slice(), NAMES) {
            while let Ok(Some(row)) = reader.next_row() {
                row.unreadable("x");
            }
        }
    }

    /// Behind a header, every line that says something comes out as a row, whatever it holds.
    #[test]
    fn no_line_is_dropped(lines in proptest::collection::vec("[^\r\n]{0,40}", 0..20)) {
        let head = "call_date\tstatus\tlead_id\n";
        let file = format!("{head}{}\n", lines.join("\n"));
        let mut reader = Reader::open(file.as_bytes(), NAMES).unwrap();
        let mut rows = 0;
        while reader.next_row().unwrap().is_some() {
            rows += 1;
        }
        let said = lines.iter().filter(|line| !line.trim().is_empty()).count() as u64;
        proptest::prop_assert_eq!(rows + reader.headers_repeated(), said);
    }
}
