//! What a person reads on stdout. Texts are made by pure functions and written once.

mod numbers;
mod style;
mod table;

use std::fmt;
use std::io::{self, Write as _};

use serde::Serialize;

pub use numbers::{count, duration, instant, percent};
pub use style::Style;
pub use table::Table;

/// The text that `write` makes.
pub fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    write(&mut text).expect("a String takes every text");
    text
}

/// Writes a text, with one line end after it.
///
/// A reader that went away is an error like any other, which ends the program quietly.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", text.trim_end_matches('\n'))?;
    stdout.flush()
}

/// Writes one JSON value on one line.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    print(&serde_json::to_string(value).map_err(io::Error::other)?)
}

/// Writes rows, one JSON object a line.
pub fn print_json_lines<T: Serialize>(rows: impl IntoIterator<Item = T>) -> io::Result<()> {
    rows.into_iter().try_for_each(|row| print_json(&row))
}
