//! What is asked of a source, as a form: filled in with what was said, and read.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{AccountId, ContactPolicy, Country, ProviderKind};
use engine::examine::rows;
use engine::set_up::{Answers, Question, SetUp, SetUpError, Tried};

use super::change::sentence;
use super::probes;
use crate::failure::Failure;
use crate::list::{Choice, Table, given};
use crate::zone::Zone;

/// What fields of the provider's own begin with.
const OWN: &str = "own.";

/// What stands in the fields of a form, by their names; never a secret.
pub type Typed = BTreeMap<String, String>;

/// The fields.
pub struct Form {
    pub must: Vec<Field>,
    pub may: Vec<Field>,
    /// What stays as it is.
    pub stays: Vec<Field>,
    pub secret: Question,
    pub accounts: Vec<Choice>,
    pub typed: Common,
    /// Why nothing can be sealed here.
    pub lacks_key: Option<String>,
    pub news: News,
}

/// A field of the provider's own.
pub struct Field {
    pub key: &'static str,
    pub asks: &'static str,
    pub label: &'static str,
    pub example: &'static str,
    pub found: &'static str,
    pub value: String,
}

/// What stands in the fields of every provider.
pub struct Common {
    pub name: String,
    pub since: String,
    pub country: String,
    pub every_minutes: String,
    pub contacts: String,
    pub auto_assign: String,
}

/// What came of trying.
#[derive(Default)]
pub struct News {
    pub wrong: Option<String>,
    /// What the provider answered, where something was wrong.
    pub tried: Option<Table>,
    pub offers_anyway: bool,
}

impl News {
    /// What was said makes no sense.
    pub fn wrong(wrong: String) -> Self {
        Self { wrong: Some(wrong), ..Self::default() }
    }

    /// What was tried and is not kept.
    pub fn of(tried: Result<Tried, SetUpError>) -> Result<Self, Failure> {
        Ok(match tried {
            Ok(tried) => Self {
                wrong: Some("something must be changed, as the provider's answers say".to_owned()),
                tried: Some(probes(rows(&tried.probes), "")),
                offers_anyway: true,
            },
            Err(error) => Self {
                offers_anyway: matches!(error, SetUpError::TooSlow { .. }),
                wrong: Some(sentence(error)?),
                tried: None,
            },
        })
    }

    pub fn status(&self) -> StatusCode {
        if self.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

impl Form {
    /// The form of a provider with what was typed; of a source that `is_there`, some of it stays.
    pub async fn of(
        state: &crate::State,
        kind: ProviderKind,
        (typed, is_there): (&Typed, bool),
        news: News,
    ) -> Result<Self, Failure> {
        let text = |name: &str| typed.get(name).cloned().unwrap_or_default();
        let field = |question: &Question| Field {
            key: question.key,
            asks: question.asks,
            label: question.label(),
            example: question.example,
            found: question.found,
            value: text(&format!("{OWN}{}", question.key)),
        };
        let SetUp { questions, optional, stays, secret } = SetUp::of(kind);
        let stays = |question: &&Question| is_there && stays.contains(&question.key);
        let all = questions.iter().chain(optional);
        let accounts = state.store.accounts_list().await?.into_iter();
        let accounts = accounts.filter(|row| row.archived_at.is_none());
        Ok(Self {
            must: questions.iter().filter(|it| !stays(it)).map(field).collect(),
            may: optional.iter().filter(|it| !stays(it)).map(field).collect(),
            stays: all.filter(stays).map(field).filter(|field| !field.value.is_empty()).collect(),
            secret,
            accounts: accounts
                .map(|row| Choice { value: row.id.0.to_string(), title: row.name })
                .collect(),
            typed: Common {
                name: text("name"),
                since: text("since"),
                country: text("country"),
                every_minutes: text("every_minutes"),
                contacts: text("contacts"),
                auto_assign: text("auto_assign"),
            },
            lacks_key: state.office.lacks_key(),
            news,
        })
    }
}

/// What stands in the fields of a source that is there.
pub fn filled(answers: &Answers, zone: &Zone) -> Typed {
    let common = [
        ("since", Some(zone.date(answers.since).to_string())),
        ("country", Some(answers.country.as_str().to_owned())),
        ("every_minutes", answers.every_minutes.map(|minutes| minutes.to_string())),
        ("contacts", answers.contacts.map(|policy| ContactPolicy::as_str(policy).to_owned())),
        ("auto_assign", answers.auto_assign.map(|AccountId(id)| id.to_string())),
    ];
    let common = common.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let own = answers.said.iter().map(|(key, value)| (format!("{OWN}{key}"), value.clone()));
    common.chain(own).collect()
}

/// What was typed, as it is asked for; or what in it makes no sense.
pub fn answers(said: &Typed, zone: &Zone) -> Result<Answers, String> {
    let text = |name: &str| given(said.get(name).map(String::as_str));
    let since = text("since").and_then(|written| zone.from(&written));
    let country = match text("country") {
        None => Country::US,
        Some(code) => Country::new(&code).ok_or("a country has two letters, such as US")?,
    };
    let every_minutes = match text("every_minutes") {
        None => None,
        Some(minutes) => {
            Some(minutes.parse().map_err(|_unread| "minutes are a number, such as 5")?)
        }
    };
    let contacts = match text("contacts") {
        None => None,
        Some(word) => Some(word.parse().map_err(|_unread| "contacts are created, matched or off")?),
    };
    let auto_assign = match text("auto_assign") {
        None => None,
        Some(id) => {
            Some(AccountId(id.parse().map_err(|_unread| "choose an account from the list")?))
        }
    };
    let own = said.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(OWN)?;
        Some((key.to_owned(), given(Some(value))?))
    });
    Ok(Answers {
        since: since.ok_or("say since when its calls are read, as a date")?,
        country,
        every_minutes,
        contacts,
        auto_assign,
        said: own.collect(),
    })
}
