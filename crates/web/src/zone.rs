//! The viewer's time zone: in it pages tell instants, and in it they read dates.
//!
//! It comes from the cookie `zone`, which the viewer chooses at the foot of every page, or a script
//! sets; without one it is UTC.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The cookie's name.
pub const COOKIE: &str = "zone";

/// A time zone with its name.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: TimeZone,
    /// Its name, such as `Europe/Berlin`.
    pub name: String,
}

/// An instant as a page tells it: in the viewer's zone, with UTC beside it for whoever points at it.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "frame/when.html")]
pub struct When {
    /// The instant.
    pub at: Timestamp,
    /// In the viewer's zone.
    pub text: String,
    /// In UTC.
    pub utc: String,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self { zone: TimeZone::UTC, name: "UTC".to_owned() }
    }

    /// Whether pointing at an instant tells nothing new.
    pub fn is_utc(&self) -> bool {
        self.zone == TimeZone::UTC
    }

    /// The zone of this name, as the zone database writes it.
    pub fn named(name: &str) -> Option<Self> {
        let zone = TimeZone::get(name).ok()?;
        let name = zone.iana_name()?.to_owned();
        Some(Self { zone, name })
    }

    /// `21 Nov 2026, 13:05:07`.
    pub fn second(&self, at: Timestamp) -> When {
        self.when(at, "%-d %b %Y, %H:%M:%S")
    }

    /// `13:05:07`.
    pub fn clock(&self, at: Timestamp) -> When {
        self.when(at, "%H:%M:%S")
    }

    /// `21 Nov 2026, 13:05`.
    pub fn minute(&self, at: Timestamp) -> When {
        self.when(at, "%-d %b %Y, %H:%M")
    }

    fn when(&self, at: Timestamp, form: &str) -> When {
        let written = |zone: TimeZone| {
            jiff::Timestamp::from_millisecond(at.as_millis())
                .map_or_else(|_| at.to_string(), |it| it.to_zoned(zone).strftime(form).to_string())
        };
        let utc = format!("{} UTC", written(TimeZone::UTC));
        When { at, text: written(self.zone.clone()), utc }
    }

    /// The date of an instant here.
    pub fn date(&self, at: Timestamp) -> Date {
        let instant = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
        instant.to_zoned(self.zone.clone()).date()
    }

    /// The first instant of a date here.
    pub fn begins(&self, date: Date) -> Option<Timestamp> {
        let midnight = date.to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp::from_millis(midnight.timestamp().as_millisecond()))
    }

    /// What a person wrote as the begin of a span: a date here, or an instant.
    pub fn from(&self, written: &str) -> Option<Timestamp> {
        match written.parse::<Date>() {
            Ok(date) => self.begins(date),
            Err(_no_date) => instant(written),
        }
    }

    /// What a person wrote as its end; a date is meant whole.
    pub fn to(&self, written: &str) -> Option<Timestamp> {
        match written.parse::<Date>() {
            Ok(date) => self.begins(date.checked_add(1.day()).ok()?),
            Err(_no_date) => instant(written),
        }
    }
}

fn instant(written: &str) -> Option<Timestamp> {
    let read: jiff::Timestamp = written.parse().ok()?;
    Some(Timestamp::from_millis(read.as_millisecond()))
}

/// Its text is escaped where it is made.
impl HtmlSafe for When {}

impl<S: Send + Sync> FromRequestParts<S> for Zone {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let pairs = cookies.filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(';'));
        let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
        let chosen = named.find(|(name, _)| *name == COOKIE);
        Ok(chosen.and_then(|(_, zone)| Self::named(zone)).unwrap_or_else(Self::utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").expect("it is in the zone database")
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_human(text).expect("the test names an instant")
    }

    #[test]
    fn an_instant_is_told_here_and_in_utc() {
        let when = berlin().minute(at("2026-07-01T22:30:00Z"));
        assert_eq!(when.text, "2 Jul 2026, 00:30");
        assert_eq!(when.utc, "1 Jul 2026, 22:30 UTC");
    }

    #[test]
    fn a_day_is_as_long_as_it_is_here() {
        let (from, to) = (berlin().from("2026-10-25"), berlin().to("2026-10-25"));
        assert_eq!(from, Some(at("2026-10-24T22:00:00Z")));
        assert_eq!(to, Some(at("2026-10-25T23:00:00Z")));
    }

    #[test]
    fn a_date_is_meant_whole_and_an_instant_is_what_it_is() {
        assert_eq!(berlin().from("2026-01-02"), Some(at("2026-01-01T23:00:00Z")));
        assert_eq!(berlin().to("2026-01-02"), Some(at("2026-01-02T23:00:00Z")));
        assert_eq!(berlin().to("2026-01-02T05:00:00Z"), Some(at("2026-01-02T05:00:00Z")));
        assert_eq!(berlin().from("yesterday"), None);
        assert!(Zone::named("Nowhere/Town").is_none() && Zone::named("../etc/passwd").is_none());
    }
}
