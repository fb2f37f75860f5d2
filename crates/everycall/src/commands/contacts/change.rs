//! Adding a contact, and changing one.

use anyhow::Result;
use clap::Args;
use domain::{ContactId, Country, ExternalKind};
use engine::contacts::{Entered, NotSaid, Said};
use serde_json::Value;

use super::{Writing, contact_id, country, refusal};
use crate::commands::assign::account;
use crate::commands::site::Site;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, count};
use crate::wiring::Desk;

/// Add a contact, or add to the one that has the number or id
#[derive(Debug, Args)]
pub struct Add {
    /// Whose contact it is
    #[arg(long, value_name = "NAME")]
    account: String,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    writing: Writing,
}

/// Change a contact; what is not said stays as it is
#[derive(Debug, Args)]
pub struct Change {
    /// The contact, as `contacts list` numbers it
    #[arg(value_parser = contact_id)]
    contact: ContactId,
    #[command(flatten)]
    person: Person,
    #[command(flatten)]
    writing: Writing,
}

/// What is said of a person.
#[derive(Debug, Args)]
struct Person {
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A number; may be given several times
    #[arg(long, value_name = "NUMBER")]
    phone: Vec<String>,
    /// The 13 digits under which the lead was loaded into ViciDial
    #[arg(long, value_name = "DIGITS")]
    vendor_lead_code: Option<String>,
    /// HighLevel's id of the contact
    #[arg(long, value_name = "ID")]
    highlevel_contact: Option<String>,
    /// A field of your own; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    custom: Vec<String>,
    /// The country of numbers written without one [default: the account's, or US]
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<Country>,
}

impl Person {
    /// What was said, word by word.
    fn said(&self) -> Result<Said, Mistake> {
        let mut said =
            Said { phones: self.phone.clone(), country: self.country, ..Said::default() };
        let named = [
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("email", &self.email),
        ];
        for (name, value) in named {
            let value = value.iter().map(|value| (name.to_owned(), Value::String(value.clone())));
            said.fields.extend(value);
        }
        for custom in &self.custom {
            let Some((name, value)) = custom.split_once('=') else {
                let sentence = format!("`{custom}` is no field with a value");
                return Err(Mistake::new(sentence, "Write --custom NAME=VALUE"));
            };
            said.fields.push((name.to_owned(), Value::String(value.to_owned())));
        }
        let given = [
            (ExternalKind::VendorLeadCode, &self.vendor_lead_code),
            (ExternalKind::HighlevelContact, &self.highlevel_contact),
        ];
        said.ids.extend(given.into_iter().filter_map(|(kind, id)| Some((kind, id.clone()?))));
        Ok(said)
    }
}

/// What to do about words that make no sense.
fn unsaid(error: &NotSaid) -> Mistake {
    let (sentence, hint) = match error {
        NotSaid::Phone => (
            "--phone is no phone number".to_owned(),
            "Write it with its country, such as +1 …, or name the country with --country",
        ),
        NotSaid::Id { kind: ExternalKind::VendorLeadCode, .. } => {
            (error.to_string(), "It has exactly 13 digits")
        }
        NotSaid::Id { kind: ExternalKind::HighlevelContact, .. } => {
            (error.to_string(), "Copy it from HighLevel")
        }
        NotSaid::Nothing => {
            (error.to_string(), "Give --phone, --vendor-lead-code or --highlevel-contact")
        }
    };
    Mistake::new(sentence, hint)
}

/// Adds one.
pub async fn add(site: &Site, arguments: Add) -> Result<Exit> {
    let desk = site.look().await?;
    let now = desk.ctx.now();
    let account = account(site, &desk, &arguments.account).await?;
    let entry =
        arguments.person.said()?.newcomer(account.country, now).map_err(|error| unsaid(&error))?;
    let dry = arguments.writing.dry_run;
    let who = environment::user();
    let (entered, moved) =
        engine::contacts::add(&desk.ctx.store, account.id, entry, (&who, dry), now).await?;
    let (outcome, sentence) = match &entered {
        Entered::New(contact) if dry => (
            "new",
            format!("Would add a contact to {}; the next number is about {contact}.", account.name),
        ),
        Entered::New(contact) => ("new", format!("Added contact {contact} to {}.", account.name)),
        Entered::Changed(contact) if dry => ("changed", format!("Would add to contact {contact}.")),
        Entered::Changed(contact) => ("changed", format!("Added to contact {contact}.")),
        Entered::Unchanged(contact) => {
            ("unchanged", format!("Contact {contact} knew all of it; nothing was changed."))
        }
        Entered::Refused(why) => {
            let hint = format!("{} contacts merge CONTACT CONTACT", site.here());
            return Err(Mistake::missing(format!("nothing was added: {why}"), hint).into());
        }
    };
    if arguments.writing.json {
        output::print_json(&serde_json::json!({
            "outcome": outcome, "id": entered.contact(), "callsPlaced": moved, "dryRun": dry,
        }))?;
    } else {
        output::print(&format!("{sentence}{}", placed(moved)))?;
    }
    Ok(Exit::Done)
}

/// Changes one.
pub async fn change(site: &Site, arguments: Change) -> Result<Exit> {
    let desk = site.look().await?;
    let now = desk.ctx.now();
    let at_home = country_of(&desk, arguments.contact).await?;
    let entry = arguments.person.said()?.entry(at_home, now).map_err(|error| unsaid(&error))?;
    let (contact, dry, who) = (arguments.contact, arguments.writing.dry_run, environment::user());
    let changed = engine::contacts::change(&desk.ctx.store, contact, entry, (&who, dry), now).await;
    let (has_changed, moved) = changed.map_err(|error| refusal(site, error))?;
    if arguments.writing.json {
        output::print_json(&serde_json::json!({
            "id": contact, "changed": has_changed, "callsPlaced": moved, "dryRun": dry,
        }))?;
    } else {
        let sentence = match (has_changed, dry) {
            (false, _) => format!("Contact {contact} knew all of it; nothing was changed."),
            (true, true) => format!("Would change contact {contact}."),
            (true, false) => format!("Changed contact {contact}."),
        };
        output::print(&format!("{sentence}{}", placed(moved)))?;
    }
    Ok(Exit::Done)
}

/// The country of the account a contact belongs to.
async fn country_of(desk: &Desk, contact: ContactId) -> Result<Option<Country>> {
    let store = &desk.ctx.store;
    let mut tx = store.begin().await?;
    let row = tx.contacts_get(&[contact]).await?.pop();
    drop(tx);
    let accounts = store.accounts_list().await?;
    let of = row.and_then(|row| accounts.into_iter().find(|account| account.id == row.account));
    Ok(of.and_then(|account| account.country))
}

/// ` 12 calls that waited are placed.`, where any did.
pub fn placed(moved: u64) -> String {
    match moved {
        0 => String::new(),
        1 => " 1 call that waited is placed.".to_owned(),
        calls => format!(" {} calls that waited are placed.", count(calls)),
    }
}
