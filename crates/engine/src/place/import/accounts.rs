//! A file of accounts.

use std::collections::HashMap;
use std::io::Read;

use domain::{Country, Timestamp};
use store::{AccountRow, Store, Tx};

use super::{Decision, FileReport, Import, Importing, Kind, Outcome, Refusal};
use crate::lines::{Columns, Fields, FileError};
use crate::place::accounts::{add_in, decide_account_in};
use crate::place::{AccountEdit, AccountError};

const COLUMNS: [&str; 4] = ["name", "external_id", "country", "reset_date"];

/// Imports accounts: one whose external id or name is known is changed, the others are added.
/// Importing a file twice changes nothing the second time.
pub async fn import_accounts(
    store: &Store,
    file: impl Read + Send,
    asked: Importing<'_>,
) -> Result<FileReport, FileError> {
    let kind = Accounts { store, asked, met: HashMap::new() };
    let import = Import::new(store, asked, kind);
    import.run(file, |header| Columns::read(header, "accounts", &COLUMNS, &["name"])).await
}

struct Accounts<'a> {
    store: &'a Store,
    asked: Importing<'a>,
    /// What lines named, as it is told, and on which line.
    met: HashMap<String, u64>,
}

impl Kind for Accounts<'_> {
    async fn line(
        &mut self,
        tx: &mut Tx,
        line: u64,
        fields: &Fields<'_, '_>,
    ) -> Result<Outcome, Refusal> {
        let name = fields.get("name").ok_or("it names no account")?;
        let external_id = fields.get("external_id").map(str::to_owned);
        let country = fields.get("country").map(|text| {
            Country::new(text).ok_or_else(|| format!("“{text}” is no country, such as US"))
        });
        let reset = fields.get("reset_date").map(|text| {
            Timestamp::parse_human(text)
                .map_err(|_error| format!("“{text}” is no day or instant, such as 2026-01-31"))
        });
        let edit = AccountEdit {
            name: Some(name.to_owned()),
            external_id,
            country: country.transpose()?,
            counts_from: reset.transpose()?,
            is_archived: None,
        };
        self.meet(format!("the account {name}"), line)?;
        if let Some(id) = &edit.external_id {
            self.meet(format!("the external id “{id}”"), line)?;
        }
        let by = (self.asked.by, self.asked.now);
        if let Some(known) = find(tx, name, edit.external_id.as_deref()).await? {
            let decided = decide_account_in((self.store, tx), known.id, &edit, by).await;
            return Ok(match decided.map_err(refusal)? {
                Some((change, slices)) => Outcome::Changed(Decision { change, slices }),
                None => Outcome::Unchanged,
            });
        }
        let (_, change) = add_in(tx, name, &edit, by).await.map_err(refusal)?;
        Ok(Outcome::New(Decision { change, slices: Vec::new() }))
    }
}

impl Accounts<'_> {
    /// Of two lines that name the same, the second is a mistake of whoever wrote them.
    fn meet(&mut self, what: String, line: u64) -> Result<(), String> {
        if let Some(before) = self.met.get(&what) {
            return Err(format!("{what} stands on line {before} already"));
        }
        self.met.insert(what, line);
        Ok(())
    }
}

/// The account that is meant: by its external id, else by its name.
async fn find(tx: &mut Tx, name: &str, id: Option<&str>) -> Result<Option<AccountRow>, Refusal> {
    if let Some(id) = id
        && let Some(known) = tx.account_by_external_id(id).await?
    {
        return Ok(Some(known));
    }
    let known = tx.account_named(name).await?;
    let has_other = known.as_ref().and_then(|known| known.external_id.as_deref());
    match (id, has_other) {
        (Some(_), Some(other)) => {
            Err(Refusal::Line(format!("the account {name} has the external id “{other}”")))
        }
        _ => Ok(known),
    }
}

fn refusal(error: AccountError) -> Refusal {
    match error {
        AccountError::Store(error) => Refusal::Store(error),
        other => Refusal::Line(other.to_string()),
    }
}
