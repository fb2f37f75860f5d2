//! Reads tables out of Markdown.

use anyhow::{Context, Result, ensure};

/// The rows below a header, cell by cell.
pub type Rows = Vec<Vec<String>>;

/// The rows of every table with exactly this header; a document without one is an error.
pub fn rows(text: &str, header: &[&str]) -> Result<Rows> {
    let lines: Vec<&str> = text.lines().collect();
    let mut rows = Rows::new();
    for (at, line) in lines.iter().enumerate() {
        if cells(line).is_some_and(|found| found == header) {
            // The line after the header only draws a rule.
            rows.extend(lines[at + 1..].iter().map_while(|line| cells(line)).skip(1));
        }
    }
    let shown = header.join(" | ");
    ensure!(!rows.is_empty(), "there is no table `| {shown} |` with rows");
    for row in &rows {
        ensure!(row.len() == header.len(), "this row of `| {shown} |` has other columns: {row:?}");
    }
    Ok(rows)
}

/// The words in backticks.
pub fn quoted(cell: &str) -> Vec<String> {
    let mut pieces = cell.split('`');
    let mut words = Vec::new();
    while let (Some(_), Some(word)) = (pieces.next(), pieces.next()) {
        words.push(word.to_owned());
    }
    words
}

/// The only word in backticks.
pub fn quoted_once(cell: &str) -> Result<String> {
    let mut words = quoted(cell);
    ensure!(words.len() == 1, "`{cell}` should hold one name in backticks");
    words.pop().context("there is one")
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}
