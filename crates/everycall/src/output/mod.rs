//! What a person reads on stdout. Texts are made by pure functions and written once.

mod numbers;
mod style;
mod table;

use std::fmt;
use std::io::{self, Write as _};
use std::sync::Once;

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

/// Writes a text, with one line end after it, for whoever asked to see something.
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

/// Writes what comes of work. A reader that went away keeps nothing from being done: that is noted,
/// and the work ends as it does by itself.
pub fn tell(text: &str) {
    note_unless(print(text));
}

/// The same of one JSON value, on one line.
pub fn tell_json(value: &impl Serialize) {
    note_unless(print_json(value));
}

fn note_unless(written: io::Result<()>) {
    static FIRST: Once = Once::new();
    if let Err(error) = written {
        FIRST.call_once(|| {
            aside(&format!(
                "note: what came of it cannot be written here, and work goes on: {error}"
            ));
        });
    }
}

/// Writes a line on stderr, beside what was asked for. Where nobody hears it, nothing is lost.
pub fn aside(text: &str) {
    writeln!(io::stderr(), "{text}").ok();
}
