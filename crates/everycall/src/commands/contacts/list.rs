//! Contacts of an account, page by page.

use std::collections::HashMap;

use anyhow::Result;
use clap::Args;
use domain::{ContactFields, ContactId};
use engine::contacts::families;
use store::{ContactRow, Scope, Store};

use super::contact_id;
use crate::commands::assign::account;
use crate::commands::site::Site;
use crate::commands::waiting::quoted;
use crate::mistake::Exit;
use crate::output::{self, Style, Table, instant};

/// List contacts by number; those merged into another are with it
#[derive(Debug, Args)]
pub struct List {
    /// Of this account only
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Go on after this contact
    #[arg(long, value_name = "CONTACT", value_parser = contact_id, default_value = "0")]
    after: ContactId,
    /// Print one JSON object per contact
    #[arg(long)]
    json: bool,
}

impl List {
    /// The options that go on after this contact of the same list.
    fn after(&self, last: ContactId) -> String {
        let account = self.account.as_ref().map(|name| format!("--account {} ", quoted(name)));
        format!("{}--limit {} --after {last}", account.unwrap_or_default(), self.limit)
    }
}

/// Lists them.
pub async fn run(site: &Site, arguments: List) -> Result<Exit> {
    let desk = site.look().await?;
    let store = &desk.ctx.store;
    let scope = match &arguments.account {
        Some(name) => Scope::Account(account(site, &desk, name).await?.id),
        None => Scope::Operator,
    };
    let accounts = store.accounts_list().await?;
    // One more than shown tells whether there are more.
    let mut listed = store.contacts_list(scope, arguments.after, arguments.limit + 1).await?;
    let has_more = listed.len() as i64 > arguments.limit;
    listed.truncate(usize::try_from(arguments.limit).unwrap_or(usize::MAX));
    let rows = families(store, listed).await?;
    let phones = phones(store, &rows).await?;
    let named = |family: &[ContactRow]| {
        let mut fields = ContactFields::new();
        for row in family {
            fields.merge(&row.fields);
        }
        let account = accounts.iter().find(|account| account.id == family[0].account);
        (fields, account.map(|account| account.name.clone()).unwrap_or_default())
    };
    if arguments.json {
        output::print_json_lines(rows.iter().map(|family| {
            let (fields, account) = named(family);
            let phones = family.iter().filter_map(|row| phones.get(&row.id)).flatten();
            serde_json::json!({
                "id": family[0].id, "account": account, "firstName": fields.text("first_name"),
                "lastName": fields.text("last_name"), "email": fields.text("email"),
                "phones": phones.collect::<Vec<_>>(),
                "merged": family.iter().skip(1).map(|row| row.id).collect::<Vec<_>>(),
                "createdAt": instant(family[0].created_at), "createdBy": family[0].created_by,
                "changedAt": instant(family[0].changed_at),
                "erasedAt": family[0].erased_at.map(instant),
            })
        }))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&[">contact", "account", "name", "number", "email", "changed"]);
    for family in &rows {
        let (fields, account) = named(family);
        let name = match family[0].erased_at {
            Some(_) => "(erased)".to_owned(),
            None => name_of(&fields),
        };
        let mut numbers = family.iter().filter_map(|row| phones.get(&row.id)).flatten();
        let number = numbers.next().cloned().unwrap_or_default();
        let email = fields.text("email").unwrap_or_default();
        let id = family[0].id.to_string();
        table.row([id, account, name, number, email, instant(family[0].changed_at)]);
    }
    let mut text = table.text_or("There is no such contact.");
    if let Some(last) = rows.last().filter(|_| has_more) {
        let more = format!("More: {} contacts list {}", site.here(), arguments.after(last[0].id));
        text = [text, String::new(), Style::of_stdout().dim(&more)].join("\n");
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// First and last name, or else the one name a call told.
fn name_of(fields: &ContactFields) -> String {
    let both = [fields.text("first_name"), fields.text("last_name")];
    let both: Vec<String> = both.into_iter().flatten().collect();
    if both.is_empty() { fields.text("name").unwrap_or_default() } else { both.join(" ") }
}

/// The numbers of all these contacts, in one look.
async fn phones(
    store: &Store,
    families: &[Vec<ContactRow>],
) -> Result<HashMap<ContactId, Vec<String>>> {
    let ids: Vec<ContactId> = families.iter().flatten().map(|row| row.id).collect();
    let mut phones: HashMap<ContactId, Vec<String>> = HashMap::new();
    for owner in store.contact_phones_of(&ids).await? {
        phones.entry(ContactId(owner.contact_id)).or_default().push(owner.e164);
    }
    Ok(phones)
}
