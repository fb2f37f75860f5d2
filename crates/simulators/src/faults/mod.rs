//! What goes wrong, when, as values.
//!
//! A fault is *on which requests* and *what happens*. Several faults on one request add up: those
//! that shape a page of the call log come first, those that replace the whole answer win over
//! them, and those that break the wire come last.

mod book;
mod sending;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::world::{Change, World};

pub use book::FaultBook;
pub(crate) use sending::sent;

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// On which requests.
    pub on: On,
    /// What happens.
    pub what: What,
}

/// Which requests a fault strikes.
#[derive(Debug, Clone)]
pub struct On {
    /// Part of `path?query`; empty for every request.
    pub path_contains: String,
    /// Only requests for this page; a request without `page` asks for page 1.
    pub page: Option<u32>,
    /// The first request struck, counted from 1 among those that match path and page.
    pub from_nth: usize,
    /// How many are struck from there on.
    pub times: Times,
}

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// This often, then never again.
    Count(usize),
    /// Until the fault is cleared.
    Forever,
}

impl On {
    /// The first request whose `path?query` contains this text, once.
    pub fn path(contains: &str) -> Self {
        Self { path_contains: contains.to_owned(), page: None, from_nth: 1, times: Times::Count(1) }
    }

    /// Only requests for this page.
    #[must_use]
    pub fn page(mut self, page: u32) -> Self {
        self.page = Some(page);
        self
    }

    /// From the nth matching request on, counted from 1.
    #[must_use]
    pub fn from_nth(mut self, nth: usize) -> Self {
        self.from_nth = nth;
        self
    }

    /// This many times instead of once.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Times::Count(times);
        self
    }

    /// Until the fault is cleared.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.times = Times::Forever;
        self
    }

    /// Makes the fault.
    pub fn gives(self, what: What) -> Fault {
        Fault { on: self, what }
    }

    fn strikes(&self, nth: usize) -> bool {
        let within = match self.times {
            Times::Count(times) => nth < self.from_nth + times,
            Times::Forever => true,
        };
        nth >= self.from_nth && within
    }
}

/// Which page number a wrongly served page claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// The page that was asked for, so that only the records betray it.
    Asked,
    /// The page that was served.
    Served,
}

/// What happens to a struck request.
#[derive(Clone)]
pub enum What {
    /// This status and body instead of an answer.
    Status {
        /// The HTTP status.
        code: u16,
        /// The body, sent as JSON.
        body: String,
        /// The `Retry-After` header, as sent.
        retry_after: Option<String>,
    },
    /// An HTML error page of the edge with this status.
    Html(u16),
    /// 429, with or without the wait and the six limit headers.
    TooMany429 {
        /// Seconds for `Retry-After`.
        retry_after: Option<u64>,
        /// Whether the limit headers say that nothing remains.
        with_headers: bool,
    },
    /// 200 with an error object as its body.
    ErrorBodyWith200,
    /// 200 with nothing in it.
    EmptyBody,
    /// 200 and the true total, but not one record.
    EmptyPage200,
    /// The full length is declared, half is sent, the connection is closed.
    HalfBody,
    /// The connection is reset after half of the body.
    CloseMidBody,
    /// Fewer bytes are declared than the body has, so that it reads as cut off.
    WrongContentLength,
    /// Another page's records.
    RepeatPage {
        /// Whose records are served.
        page: u32,
        /// Which page the answer claims to be.
        echo: Echo,
    },
    /// The right records under another page number.
    EchoOtherPage(u32),
    /// The total is off by this much.
    TotalPlus(i64),
    /// No answer until the client gives up; when the fault is cleared, the connection is closed.
    Hang,
    /// The answer comes this many milliseconds late.
    Slow(u64),
    /// Line breaks stand unescaped inside JSON strings.
    RawControlCharacters,
    /// The world changes after this request was answered and before any later one.
    ThenMutate(Change),
    /// The request takes effect and the connection is closed without an answer.
    LoseResponseAfterEffect,
    /// The transcript of one record is padded by this many bytes.
    PadRecord {
        /// Which record of the page, from 0.
        record: usize,
        /// How much longer it gets.
        bytes: usize,
    },
    /// This record of the page, from 0, is silently left out; the total still counts it.
    OmitRecord(usize),
    /// This record of the page, from 0, comes twice; the total counts it once.
    RepeatRecord(usize),
    /// The records of the page come in another order, which depends on this seed.
    Shuffle(u64),
    /// Records of the page are spoiled: which, from 0, and how.
    BadRecords(Vec<(usize, BadRecord)>),
    /// These parameters are not heard, as if the provider did not know them.
    DeafTo(&'static [&'static str]),
}

impl What {
    /// A change of the world after the struck request.
    pub fn then_mutate(change: impl Fn(&mut World) + Send + Sync + 'static) -> Self {
        Self::ThenMutate(std::sync::Arc::new(change))
    }

    /// A status with a body and no `Retry-After`.
    pub fn status(code: u16, body: &str) -> Self {
        Self::Status { code, body: body.to_owned(), retry_after: None }
    }
}

impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status { code, .. } | Self::Html(code) => return write!(f, "Status({code})"),
            Self::TooMany429 { .. } => "TooMany429",
            Self::ErrorBodyWith200 => "ErrorBodyWith200",
            Self::EmptyBody => "EmptyBody",
            Self::EmptyPage200 => "EmptyPage200",
            Self::HalfBody => "HalfBody",
            Self::CloseMidBody => "CloseMidBody",
            Self::WrongContentLength => "WrongContentLength",
            Self::RepeatPage { page, .. } => return write!(f, "RepeatPage({page})"),
            Self::EchoOtherPage(page) => return write!(f, "EchoOtherPage({page})"),
            Self::TotalPlus(more) => return write!(f, "TotalPlus({more})"),
            Self::Hang => "Hang",
            Self::Slow(ms) => return write!(f, "Slow({ms})"),
            Self::RawControlCharacters => "RawControlCharacters",
            Self::ThenMutate(_) => "ThenMutate",
            Self::LoseResponseAfterEffect => "LoseResponseAfterEffect",
            Self::PadRecord { bytes, .. } => return write!(f, "PadRecord({bytes})"),
            Self::OmitRecord(nth) => return write!(f, "OmitRecord({nth})"),
            Self::RepeatRecord(nth) => return write!(f, "RepeatRecord({nth})"),
            Self::Shuffle(seed) => return write!(f, "Shuffle({seed})"),
            Self::BadRecords(records) => return write!(f, "BadRecords({records:?})"),
            Self::DeafTo(names) => return write!(f, "DeafTo({names:?})"),
        })
    }
}

/// How every word begins, in whatever case, that is sent in place of a documented one. The shortest
/// of the columns that hold such words has six letters.
pub const UNKNOWN_WORD: &str = "telepo";

/// How a record is spoiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRecord {
    /// It has no `id`.
    WithoutId,
    /// `createdAt` is null.
    NullCreatedAt,
    /// `duration` is the text `abc`.
    TextDuration,
    /// It is the number 42.
    NotAnObject,
    /// Where it has a state, a direction or action types, they are words nobody documented, each
    /// beginning with [`UNKNOWN_WORD`]; otherwise it is fine.
    UnknownEnums,
}
