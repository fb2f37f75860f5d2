//! What is said of contacts, and what is told of a change.

use domain::ExternalKind;
use engine::contacts::{ImportReport, Said as Person};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::asked::{Named, country, whole};
use crate::api::told::Refused;
use crate::failure::Failure;

/// Somebody new.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewSaid {
    /// Whose contact it is, by the account's id or name; not needed where the token is of one.
    pub(super) account: Option<Named>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    /// Numbers; with their country, or of the account's.
    #[serde(default)]
    pub(super) phones: Vec<String>,
    /// The 13 digits under which the lead was loaded into ViciDial.
    #[schemars(extend("pattern" = "^[0-9]{13}$"), example = &"1234567890123")]
    pub(super) vendor_lead_code: Option<String>,
    /// HighLevel's id of the contact.
    #[schemars(length(min = 1))]
    pub(super) highlevel_contact: Option<String>,
    /// Fields of your own.
    #[serde(default)]
    pub(super) custom: Map<String, Value>,
    /// The country of numbers written without one; otherwise the account's, or US.
    #[schemars(extend("pattern" = "^[A-Za-z]{2}$"), example = &"US")]
    pub(super) country: Option<String>,
}

/// What is said of somebody who is there; what is not said stays as it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeSaid {
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    /// Further numbers.
    #[serde(default)]
    pub(super) phones: Vec<String>,
    /// The 13 digits under which the lead was loaded into ViciDial.
    #[schemars(extend("pattern" = "^[0-9]{13}$"), example = &"1234567890123")]
    pub(super) vendor_lead_code: Option<String>,
    /// HighLevel's id of the contact.
    #[schemars(length(min = 1))]
    pub(super) highlevel_contact: Option<String>,
    /// Fields of your own.
    #[serde(default)]
    pub(super) custom: Map<String, Value>,
    /// The country of numbers written without one; otherwise the account's, or US.
    #[schemars(extend("pattern" = "^[A-Za-z]{2}$"), example = &"US")]
    pub(super) country: Option<String>,
}

/// What became of somebody new.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Added {
    /// `new`, `changed` or `unchanged`.
    pub(super) outcome: &'static str,
    pub(super) id: i64,
    /// Calls that waited for it and are placed now.
    pub(super) calls_placed: u64,
    pub(super) dry_run: bool,
}

/// What a change of a contact did.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactChanged {
    pub(super) id: i64,
    pub(super) changed: bool,
    /// Calls that waited for it and are placed now.
    pub(super) calls_placed: u64,
    pub(super) dry_run: bool,
}

/// Who is the same person.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeSaid {
    /// The contact that becomes part of the one in the path.
    #[serde(deserialize_with = "whole")]
    pub(super) contact: i64,
}

/// What a merge or its undoing did.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Merged {
    pub(super) id: i64,
    /// Calls that moved because of it.
    pub(super) calls_moved: u64,
    pub(super) dry_run: bool,
}

/// What was erased.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    pub(super) id: i64,
    /// Contacts, those merged into it included.
    pub(super) contacts: u64,
    /// Calls that lost their numbers and words; they stay and are counted.
    pub(super) calls: u64,
    pub(super) dry_run: bool,
}

/// How a file of contacts is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportAsked {
    /// The name of the account; not needed where the token is of one.
    pub(super) account: Option<String>,
    /// The country of numbers written without one; otherwise the account's, or US.
    #[schemars(extend("pattern" = "^[A-Za-z]{2}$"), example = &"US")]
    pub(super) country: Option<String>,
    /// Read and judge everything, and keep nothing.
    #[serde(default)]
    pub(super) dry_run: bool,
}

/// What an import did, or would do: `lines = new + changed + unchanged + refused`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactsImported {
    /// Lines with something on them, without the header.
    pub(super) lines: u64,
    /// Contacts made.
    pub(super) new: u64,
    /// Contacts that know more, or have another number or id.
    pub(super) changed: u64,
    /// Contacts that knew all of it.
    pub(super) unchanged: u64,
    /// Lines that were not imported.
    pub(super) refused: u64,
    /// The first thousand of those, each with its reason.
    pub(super) refused_lines: Vec<Refused>,
    /// Calls that waited for one of them and are placed now.
    pub(super) calls_placed: u64,
    pub(super) dry_run: bool,
}

impl ContactsImported {
    /// A report of an import.
    pub(super) fn of(report: ImportReport, dry_run: bool) -> Self {
        Self {
            lines: report.lines,
            new: report.new,
            changed: report.changed,
            unchanged: report.unchanged,
            refused: report.refused,
            refused_lines: report.refused_lines.into_iter().map(Refused::from).collect(),
            calls_placed: report.calls_placed,
            dry_run,
        }
    }
}

impl ChangeSaid {
    /// Whoever is meant, word by word.
    pub(super) fn person(self) -> Result<Person, Failure> {
        let named =
            [("first_name", self.first_name), ("last_name", self.last_name), ("email", self.email)];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
        let ids = [
            (ExternalKind::VendorLeadCode, self.vendor_lead_code),
            (ExternalKind::HighlevelContact, self.highlevel_contact),
        ];
        Ok(Person {
            fields: named.chain(self.custom).collect(),
            phones: self.phones,
            ids: ids.into_iter().filter_map(|(kind, id)| Some((kind, id?))).collect(),
            country: country(self.country.as_deref())?,
        })
    }
}

impl NewSaid {
    /// Whoever is meant, word by word.
    pub(super) fn person(self) -> Result<Person, Failure> {
        let Self { account: _, first_name, last_name, email, phones, .. } = self;
        let Self { vendor_lead_code, highlevel_contact, custom, country, .. } = self;
        let known = ChangeSaid {
            first_name,
            last_name,
            email,
            phones,
            vendor_lead_code,
            highlevel_contact,
            custom,
            country,
        };
        known.person()
    }
}
