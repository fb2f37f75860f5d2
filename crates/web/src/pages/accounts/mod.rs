//! Accounts: the tenants calls belong to, and how much is in each.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::{Redirect, Response};
use domain::access::Area;
use domain::{AccountId, Timestamp};
use engine::place::{AccountEdit, add_account};
use serde::Deserialize;
use store::{AccountRow, AccountUse, Scope};

use super::PageRoute;
use crate::door::Posted;
use crate::extract::Path;
use crate::facts::Looks;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Adding, Cell, Column, List, Tab, Table, address, tabs};
use crate::zone::Zone;

/// Where the list is.
pub const PATH: &str = "/accounts";

/// How old the counts of the list may be; the page says as of when they are.
const MOMENT: Duration = Duration::from_mins(1);

/// How much is in each account that somebody may see, as of the latest counting.
pub type Uses = Looks<Option<AccountId>, HashMap<AccountId, AccountUse>>;

impl Uses {
    async fn of(
        &self,
        state: &crate::State,
        scope: Scope,
    ) -> Result<(Timestamp, Arc<HashMap<AccountId, AccountUse>>), Failure> {
        let now = state.clock.now();
        let read = async {
            let uses = state.store.account_uses(scope, now).await?;
            Ok(uses.into_iter().map(|it| (AccountId(it.account_id), it)).collect())
        };
        let of = match scope {
            Scope::Operator => None,
            Scope::Account(account) => Some(account),
        };
        self.look(of, (now, MOMENT), read).await
    }
}

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Accounts, list),
        PageRoute::post(PATH, Area::Operators, "Add an account", add),
        PageRoute::get("/accounts/{account}", Area::Accounts, account),
    ]
}

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Extension(uses): Extension<Uses>,
) -> Result<Response, Failure> {
    let rows = state.store.accounts_list().await?;
    let rows = rows.into_iter().filter(|row| guest.sees(row.id, "account").is_ok());
    let (as_of, uses) = uses.of(&state, guest.scope()).await?;
    let columns = [
        Column::text("Account"),
        Column::number("Calls"),
        Column::number("Agents"),
        Column::number("Contacts"),
        Column::text("Counts calls from"),
        Column::text("Country"),
        Column::text("Put away"),
    ];
    let row = |row: AccountRow| {
        let number = |of: fn(&AccountUse) -> i64| Cell::count(uses.get(&row.id).map_or(0, of));
        let href = format!("{PATH}/{}", row.id.0);
        vec![
            Cell::link(row.name.clone(), href).noting(row.external_id.clone()),
            number(|it| it.calls),
            number(|it| it.agents),
            number(|it| it.contacts),
            Cell::at(row.calls_reset_at.map(|at| zone.minute(at))),
            Cell::text(row.country.map(|it| it.as_str().to_owned())),
            Cell::at(row.archived_at.map(|at| zone.minute(at))),
        ]
    };
    let table = Table::new(columns, "There is no account yet.").with(rows, row);
    let frame = Frame::new(&state, &guest, "Accounts", PATH).read_at(as_of).zone(&zone);
    let files = vec![("JSON", "/api/v1/accounts".to_owned())];
    let may_add = guest.may_see(Area::Operators);
    let adding = may_add.then_some(Adding { action: PATH, label: "New account" });
    List { adding, files, ..List::new(frame, "", table) }.show()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddSaid {
    name: String,
}

async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    Posted(said): Posted<AddSaid>,
) -> Result<Redirect, Failure> {
    let edit = AccountEdit { name: Some(said.name), ..AccountEdit::default() };
    let row = add_account(&state.store, &edit, &guest.by(), state.clock.now()).await?;
    Ok(Redirect::to(&format!("{PATH}/{}", row.id.0)))
}

async fn account(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let id = AccountId(id);
    guest.sees(id, "account")?;
    let now = state.clock.now();
    let rows = state.store.accounts_list().await?;
    let row = rows.into_iter().find(|row| row.id == id);
    let row = row.ok_or(Failure::NotFound { what: "account" })?;
    let uses = state.store.account_uses(Scope::Account(id), now).await?;
    let calls = uses.first().map_or(0, |it| it.calls);
    let from = row.calls_reset_at.map(|at| format!(", counted from {}", zone.minute(at).text));
    let calls = crate::figures::Count::of(calls).of_things("call", "calls");
    let lead =
        format!("{calls}{}. What was changed of the account as a whole:", from.unwrap_or_default());
    let history = state.store.account_history(id).await?;
    let columns = [
        Column::text("Time"),
        Column::text("By"),
        Column::wide("What"),
        Column::number("Calls moved"),
    ];
    let change = |change: store::AccountChangeRow| {
        vec![
            Cell::At(zone.second(Timestamp::from_millis(change.changed_at))),
            Cell::Text(guest.may_know(change.changed_by).unwrap_or_default()),
            Cell::Text(change.what),
            Cell::count(change.moved),
        ]
    };
    let table = Table::new(columns, "Nothing was changed yet.").with(history, change);
    let named = [("account", Some(row.name.as_str()))];
    let files = vec![
        ("Its calls", address("/calls", named)),
        ("Its contacts", address("/contacts", named)),
        ("Its statements", address("/statements", named)),
        ("JSON", format!("/api/v1/accounts/{}", id.0)),
    ];
    let tabs = tabs_of(&guest, id, "History");
    let frame = Frame::new(&state, &guest, row.name.clone(), PATH).read_at(now).zone(&zone);
    List { tabs, files, ..List::new(frame, lead, table) }.show()
}

/// The pages about one account, as far as whoever asks may see them.
pub fn tabs_of(guest: &Guest, account: AccountId, here: &str) -> Vec<Tab> {
    let at = format!("{PATH}/{}", account.0);
    let diagnostics = ("Diagnostics", format!("{at}/diagnostics"));
    let diagnostics = guest.may_see(Area::Operators).then_some(diagnostics);
    tabs([("History", at)].into_iter().chain(diagnostics), here)
}
