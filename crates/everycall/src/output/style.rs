//! Colours, where somebody sees them.

use std::io::{IsTerminal, stderr, stdout};

use crate::config::environment;

/// Whether texts are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    is_coloured: bool,
}

impl Style {
    /// For what is written to stdout.
    pub fn of_stdout() -> Self {
        Self { is_coloured: stdout().is_terminal() && !environment::no_color() }
    }

    /// For what is written to stderr.
    pub fn of_stderr() -> Self {
        Self { is_coloured: stderr().is_terminal() && !environment::no_color() }
    }

    /// Whether there is any colour.
    pub fn is_coloured(self) -> bool {
        self.is_coloured
    }

    /// Without any colour.
    #[cfg(test)]
    pub fn plain() -> Self {
        Self { is_coloured: false }
    }

    /// What matters most.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// What matters least.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// What is right.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// What is worth knowing.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// What is wrong.
    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// What can be typed.
    pub fn command(self, text: &str) -> String {
        self.paint("36", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.is_coloured && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
