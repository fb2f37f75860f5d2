//! The parameters of the list, read as the server reads them. Unknown ones are ignored.

use crate::server::{Answer, Asked};

use super::errors::unprocessable;
use super::settings::{Edge, Settings};

/// The largest page.
const PAGE_SIZE_MAX: usize = 100;
/// The size of a page when none is asked for.
const PAGE_SIZE_USUAL: usize = 30;

/// One question to the list.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) page_size: usize,
    /// First second.
    pub(super) from: i64,
    /// Last second.
    pub(super) to: i64,
    pub(super) is_descending: bool,
    pub(super) with_summary: bool,
    pub(super) agent_id: Option<String>,
    pub(super) cursor: Option<Place>,
}

/// Where a page begins: a second and an id, or how many calls came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) second: i64,
    pub(super) id: String,
    pub(super) count: usize,
}

impl Place {
    /// As an opaque text.
    pub(super) fn cursor(&self) -> String {
        let plain = format!("{}|{}|{}", self.second, self.id, self.count);
        let digits = plain.bytes().flat_map(|byte| [byte >> 4, byte & 0xf]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
    }

    fn read(cursor: &str) -> Option<Self> {
        let pairs = cursor.as_bytes().chunks(2);
        let bytes: Option<Vec<u8>> = pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let plain = String::from_utf8(bytes?).ok()?;
        let mut fields = plain.split('|');
        Some(Self {
            second: fields.next()?.parse().ok()?,
            id: fields.next()?.to_owned(),
            count: fields.next()?.parse().ok()?,
        })
    }
}

impl Query {
    pub(super) fn read(asked: &Asked, settings: &Settings) -> Result<Self, Answer> {
        let after = seconds(asked, "call_start_after_unix")?;
        let before = seconds(asked, "call_start_before_unix")?;
        let apart = |edge: Edge| i64::from(edge == Edge::Exclusive);
        Ok(Self {
            page_size: page_size(asked, PAGE_SIZE_USUAL)?,
            from: after.map_or(i64::MIN, |after| after + apart(settings.range_start)),
            to: before.map_or(i64::MAX, |before| before - apart(settings.range_end)),
            is_descending: is_descending(asked, settings)?,
            with_summary: with_summary(asked, settings)?,
            agent_id: asked.param("agent_id").map(str::to_owned),
            cursor: cursor(asked)?,
        })
    }
}

/// `page_size` of any list.
pub(super) fn page_size(asked: &Asked, usual: usize) -> Result<usize, Answer> {
    match asked.param("page_size").map(str::parse) {
        None => Ok(usual),
        Some(Ok(size)) if (1..=PAGE_SIZE_MAX).contains(&size) => Ok(size),
        Some(Ok(_)) => Err(unprocessable("page_size", "Input should be between 1 and 100")),
        Some(Err(_)) => Err(unprocessable("page_size", "Input should be a valid integer")),
    }
}

fn seconds(asked: &Asked, name: &str) -> Result<Option<i64>, Answer> {
    let fault = |_| unprocessable(name, "Input should be a valid integer");
    asked.param(name).map(|text| text.parse().map_err(fault)).transpose()
}

fn is_descending(asked: &Asked, settings: &Settings) -> Result<bool, Answer> {
    match asked.param("sort_direction").filter(|_| settings.knows_sort) {
        None | Some("desc") => Ok(true),
        Some("asc") => Ok(false),
        Some(_) => Err(unprocessable("sort_direction", "Input should be 'asc' or 'desc'")),
    }
}

fn with_summary(asked: &Asked, settings: &Settings) -> Result<bool, Answer> {
    match asked.param("summary_mode").filter(|_| settings.knows_summaries) {
        None | Some("exclude") => Ok(false),
        Some("include") => Ok(true),
        Some(_) => Err(unprocessable("summary_mode", "Input should be 'exclude' or 'include'")),
    }
}

fn cursor(asked: &Asked) -> Result<Option<Place>, Answer> {
    let fault = || unprocessable("cursor", "Invalid cursor");
    asked.param("cursor").map(|text| Place::read(text).ok_or_else(fault)).transpose()
}
