//! The parameters of the call list (§2). Names are case-sensitive; unknown ones are ignored.

use crate::server::{Answer, Asked};

use super::dates;
use super::errors::bad_request;
use super::settings::{RangeEnd, Settings};

/// A page when none is asked for.
const PAGE_SIZE: usize = 50;

/// A half-open span in unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    from: i64,
    to: i64,
}

impl Span {
    pub(super) fn has(self, at: i64) -> bool {
        self.from <= at && at < self.to
    }
}

/// One question to the call list.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) page_size: usize,
    pub(super) page: usize,
    pub(super) token: Option<String>,
    pub(super) status: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) parent: Option<String>,
    pub(super) started: Option<Span>,
    pub(super) ended: Option<Span>,
}

impl Query {
    pub(super) fn read(asked: &Asked, settings: &Settings) -> Result<Self, Answer> {
        let text = |name: &str| asked.param(name).filter(|it| !it.is_empty()).map(str::to_owned);
        let number = |name: &str| match asked.param(name).map(str::parse::<usize>) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(bad_request(settings.error_body, name)),
        };
        let page_size = number("PageSize")?.unwrap_or(PAGE_SIZE);
        Ok(Self {
            page_size: page_size.clamp(1, settings.page_size_max),
            page: number("Page")?.unwrap_or(0),
            token: text("PageToken"),
            status: text("Status"),
            from: text("From"),
            to: text("To"),
            parent: text("ParentCallSid"),
            started: span(asked, "StartTime", settings)?,
            ended: span(asked, "EndTime", settings)?,
        })
    }
}

/// `Name` is one day or instant; `Name>` is on or after it, `Name<` before it.
pub(super) fn span(asked: &Asked, name: &str, settings: &Settings) -> Result<Option<Span>, Answer> {
    let read = |suffix: &str| {
        let name = format!("{name}{suffix}");
        let Some(text) = asked.param(&name) else { return Ok(None) };
        let read = dates::read(text, settings.granularity);
        read.map(Some).ok_or_else(|| bad_request(settings.error_body, &name))
    };
    if let Some((from, length)) = read("")? {
        return Ok(Some(Span { from, to: from + length }));
    }
    let (from, to) = (read(">")?, read("<")?);
    if from.is_none() && to.is_none() {
        return Ok(None);
    }
    let past_end = |(at, length): (i64, i64)| match settings.range_end {
        RangeEnd::Exclusive => at,
        RangeEnd::Inclusive => at + length,
    };
    Ok(Some(Span { from: from.map_or(i64::MIN, |(at, _)| at), to: to.map_or(i64::MAX, past_end) }))
}
