//! Which calls an address asks for.

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use domain::access::Area;
use domain::{CallStatus, ContactId, Country, Direction, Phone, Words};
use engine::list;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CallFilter, Place, Store};

use crate::api::DayOrInstant;
use crate::failure::Failure;
use crate::guest::Guest;
use crate::list::address;
use crate::zone::Zone;

/// Where a call can stand.
pub const PLACEMENTS: [&str; 3] = ["placed", "waiting", "excluded"];

const COUNT: i64 = 50;
const COUNT_MAX: i64 = 500;

/// What an address asks for; an empty value is as good as none. A filter that is misspelt would show
/// calls nobody asked for, so it is refused.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallsAsked {
    /// Of the source of this name only.
    source: Option<String>,
    /// Of the account of this name only.
    account: Option<String>,
    /// Of the agent with this id at its provider only.
    agent: Option<String>,
    /// With the contact of this id only.
    #[schemars(with = "Option<i64>")]
    contact: Option<String>,
    /// `inbound` or `outbound` only.
    #[schemars(extend("enum" = Direction::ALL.map(Direction::as_str)))]
    direction: Option<String>,
    /// With this status only.
    #[schemars(extend("enum" = statuses()))]
    status: Option<String>,
    /// Of this placement only: `placed`, `waiting` or `excluded`.
    #[schemars(extend("enum" = PLACEMENTS))]
    placement: Option<String>,
    /// From or to this number only.
    #[schemars(example = &"+12015550123")]
    number: Option<String>,
    /// In which this was said, in whatever case, by the transcript or the summary only.
    #[schemars(length(max = domain::LETTERS_MAX))]
    said: Option<String>,
    /// From this date or instant.
    #[schemars(with = "Option<DayOrInstant>")]
    from: Option<String>,
    /// Up to this date, which is meant whole, or instant.
    #[schemars(with = "Option<DayOrInstant>")]
    to: Option<String>,
    /// Go on after this one: what the page before named as its next.
    #[schemars(extend("pattern" = r"^$|^-?[0-9]{1,18}\."), example = &"1790000000000.call")]
    after: Option<String>,
    /// How many, from 1 to 500; 50 where it is not said.
    #[schemars(with = "Option<u32>", range(min = 1, max = 500))]
    limit: Option<String>,
}

/// What was asked, or why it makes no sense.
pub fn read(asked: Result<Query<CallsAsked>, QueryRejection>) -> Result<CallsAsked, Failure> {
    asked
        .map(|Query(asked)| asked)
        .map_err(|error| Failure::Misasked { sentence: error.body_text() })
}

fn misasked(sentence: impl Into<String>) -> Failure {
    Failure::Misasked { sentence: sentence.into() }
}

fn given(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|text| !text.is_empty())
}

impl CallsAsked {
    /// What is asked for by this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.all().into_iter().find(|(known, _)| *known == name)?;
        value
    }

    /// After which call.
    pub fn after(&self) -> Option<&str> {
        self.get("after")
    }

    /// Everything that can be asked for, and what is.
    fn all(&self) -> [(&'static str, Option<&str>); 13] {
        let fields = [
            ("source", &self.source),
            ("account", &self.account),
            ("agent", &self.agent),
            ("contact", &self.contact),
            ("direction", &self.direction),
            ("status", &self.status),
            ("placement", &self.placement),
            ("number", &self.number),
            ("said", &self.said),
            ("from", &self.from),
            ("to", &self.to),
            ("after", &self.after),
            ("limit", &self.limit),
        ];
        fields.map(|(name, value)| (name, given(value.as_deref())))
    }

    /// How many.
    pub fn count(&self) -> Result<i64, Failure> {
        let Some(text) = self.get("limit") else { return Ok(COUNT) };
        let count = text.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count));
        count.ok_or_else(|| misasked(format!("limit is a number from 1 to {COUNT_MAX}.")))
    }

    /// The same as the store understands it; dates are those of `zone`. Nothing where whoever asks
    /// cannot see what is named: which sources and accounts there are is none of theirs, so names are
    /// looked up last, and what else is wrong is told alike whatever they name.
    pub async fn filter(
        &self,
        store: &Store,
        guest: &Guest,
        zone: &Zone,
    ) -> Result<Option<CallFilter>, Failure> {
        let sees_all = guest.may_see(Area::Operators);
        let absent = |what| if sees_all { Err(Failure::NotFound { what }) } else { Ok(None) };
        let mut filter = self.unnamed(zone)?;
        if let Some(name) = self.get("source") {
            let row = store.source_by_name(name).await?;
            let Some(row) = row else { return absent("source") };
            filter.source = Some(row.id);
        }
        if let Some(name) = self.get("account") {
            let row = store.account_by_name(name).await?;
            let row = row.filter(|row| guest.sees(row.id, "account").is_ok());
            let Some(row) = row else { return absent("account") };
            filter.account = Some(row.id);
        }
        Ok(Some(filter))
    }

    /// All of it but the source and the account.
    fn unnamed(&self, zone: &Zone) -> Result<CallFilter, Failure> {
        Ok(CallFilter {
            placement: self.word("placement", PLACEMENTS.as_slice())?,
            direction: self.word("direction", &Direction::ALL.map(Direction::as_str))?,
            status: self.word("status", &statuses())?,
            agent: self.get("agent").map(str::to_owned),
            contact: self.contact()?,
            number: self.number()?,
            has_words: self.said()?.is_some(),
            from: self.instant("from", |text| zone.from(text))?,
            to: self.instant("to", |text| zone.to(text))?,
            after: self.key()?,
            ..CallFilter::default()
        })
    }

    fn word(&self, name: &str, known: &[&str]) -> Result<Option<String>, Failure> {
        let Some(word) = self.get(name) else { return Ok(None) };
        if !known.contains(&word) {
            return Err(misasked(format!("{name} is one of {}.", known.join(", "))));
        }
        Ok(Some(word.to_owned()))
    }

    /// What was said in them.
    pub fn said(&self) -> Result<Option<Words>, Failure> {
        let words = self.get("said").map(Words::new).transpose();
        words.map_err(|no_words| misasked(format!("said: {no_words}.")))
    }

    fn contact(&self) -> Result<Option<ContactId>, Failure> {
        let Some(text) = self.get("contact") else { return Ok(None) };
        let id = text.parse().map(ContactId);
        id.map(Some).map_err(|_no_number| misasked("contact is the id of one, a number."))
    }

    fn number(&self) -> Result<Option<String>, Failure> {
        let Some(text) = self.get("number") else { return Ok(None) };
        let e164 = Phone::new(text, Country::US).e164;
        e164.map(Some).ok_or_else(|| {
            misasked("number is a phone number, such as +12015550123; those without + are read as of the US.")
        })
    }

    fn instant(
        &self,
        name: &str,
        read: impl Fn(&str) -> Option<domain::Timestamp>,
    ) -> Result<Option<domain::Timestamp>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        read(text).map(Some).ok_or_else(|| {
            misasked(format!(
                "{name} is a date or an instant, such as 2026-11-21 or 2026-11-21T13:00:00Z."
            ))
        })
    }

    fn key(&self) -> Result<Option<Place>, Failure> {
        let Some(text) = self.after() else { return Ok(None) };
        list::read(text)
            .map(Some)
            .ok_or_else(|| misasked("after is what the page before named as its next."))
    }

    /// The address at `path` of the same list with these things asked for otherwise.
    pub fn address(&self, path: &str, otherwise: &[(&str, Option<&str>)]) -> String {
        let asked = self.all().map(|(name, value)| {
            let other = otherwise.iter().find(|(known, _)| *known == name);
            (name, other.map_or(value, |(_, value)| *value))
        });
        address(path, asked)
    }
}

/// Every status a call can have.
pub fn statuses() -> Vec<&'static str> {
    CallStatus::ALL.iter().map(|status| status.as_str()).collect()
}
