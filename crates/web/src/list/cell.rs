//! What stands in a table.

use askama::Template;

use crate::figures::Count;
use crate::zone::When;

/// What is told of each row.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Its class in the style sheet: `n` where it holds numbers, `wide` where it holds sentences.
    pub class: &'static str,
}

impl Column {
    /// One of words.
    pub const fn text(title: &'static str) -> Self {
        Self { title, class: "" }
    }

    /// One of numbers.
    pub const fn number(title: &'static str) -> Self {
        Self { title, class: "n" }
    }

    /// One of sentences, which may be broken into lines.
    pub const fn wide(title: &'static str) -> Self {
        Self { title, class: "wide" }
    }
}

/// What stands in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Nothing,
    /// A text.
    Text(String),
    /// An id, a command, or whatever else is copied letter by letter.
    Code(String),
    /// A number of things.
    Count(u64),
    /// Something with a page of its own.
    Link {
        /// Its name.
        text: String,
        /// Its address.
        href: String,
    },
    /// How something stands.
    Badge {
        /// The name of that in the style sheet.
        class: String,
        /// Its name.
        text: String,
        /// Said to whoever points at it.
        title: String,
    },
    /// An instant.
    At(When),
    /// Several, one below another.
    Stack(Vec<Cell>),
    /// Said by the way.
    Note(String),
}

impl Cell {
    /// A text, or nothing.
    pub fn text(text: impl Into<Option<String>>) -> Self {
        text.into().map_or(Self::Nothing, Self::Text)
    }

    /// A text letter by letter, or nothing.
    pub fn code(text: impl Into<Option<String>>) -> Self {
        text.into().map_or(Self::Nothing, Self::Code)
    }

    /// An instant, or nothing.
    pub fn at(when: impl Into<Option<When>>) -> Self {
        when.into().map_or(Self::Nothing, Self::At)
    }

    /// A count as the database gives it.
    pub fn count(count: i64) -> Self {
        Self::Count(Count::of(count).0)
    }

    /// A name that leads to its page.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link { text: text.into(), href: href.into() }
    }

    /// How something stands.
    pub fn badge(class: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Badge { class: class.into(), text: text.into(), title: String::new() }
    }

    /// The same with something said by the way below it.
    #[must_use]
    pub fn noting(self, note: impl Into<Option<String>>) -> Self {
        match note.into() {
            Some(note) if !note.is_empty() => Self::Stack(vec![self, Self::Note(note)]),
            _ => self,
        }
    }

    /// As a file has it: instants in UTC, numbers as digits.
    pub fn plain(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text)
            | Self::Code(text)
            | Self::Note(text)
            | Self::Link { text, .. }
            | Self::Badge { text, .. } => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::At(when) => when.at.to_string(),
            Self::Stack(cells) => cells.iter().map(Self::plain).collect::<Vec<_>>().join("; "),
        }
    }

    /// As a page has it.
    pub fn html(&self) -> Shown<'_> {
        Shown { cell: self }
    }
}

/// A cell as a page has it.
#[derive(Template)]
#[template(path = "list/cell.html")]
pub struct Shown<'c> {
    cell: &'c Cell,
}
