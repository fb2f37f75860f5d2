//! Accounts: the tenants calls belong to.

mod facts;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::AccountId;
use domain::access::Area;
use engine::place::{
    AccountEdit, Importing, add_account, change_account, delete_account, import_accounts,
    preview_account,
};

use super::asked::{Asked, Id, Said, Sent, account_at, page};
use super::route::Route;
use super::told::{AsOf, DryRunAsked, Imported, Outcome, PreviewAsked};
use crate::failure::Failure;
use crate::guest::Guest;
use facts::{
    AccountChange, AccountFacts, AccountSaid, AccountWhole, Accounts, AccountsAsked, Deleted,
};

/// Everything under `/accounts`.
pub fn routes() -> Vec<Route> {
    use Area::{Accounts as Own, Operators};
    vec![
        Route::get("/accounts", "List accounts with how much is in each", Own, list)
            .asks::<AccountsAsked>()
            .gives::<AsOf<Accounts>>(),
        Route::post("/accounts", "Add an account", Operators, add)
            .takes::<AccountSaid>()
            .makes::<AccountFacts>(),
        Route::post("/accounts/import", "Add and change accounts from CSV", Operators, import)
            .asks::<DryRunAsked>()
            .takes_csv()
            .gives::<Imported>(),
        Route::get("/accounts/{account}", "Show an account with its history", Own, show)
            .gives::<AsOf<AccountWhole>>(),
        Route::patch("/accounts/{account}", "Change an account", Operators, change)
            .asks::<PreviewAsked>()
            .takes::<AccountSaid>()
            .gives::<Outcome>(),
        Route::delete("/accounts/{account}", "Delete an unused account", Operators, delete)
            .gives::<Deleted>(),
        Route::post("/accounts/{account}/archive", "Put an account away", Operators, archive)
            .gives::<Outcome>(),
        Route::post("/accounts/{account}/unarchive", "Take it out again", Operators, unarchive)
            .gives::<Outcome>(),
    ]
}

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<AccountsAsked>,
) -> Result<Json<AsOf<Accounts>>, Failure> {
    let as_of = state.clock.now();
    let mut rows = state.store.accounts_list().await?;
    rows.retain(|row| {
        guest.sees(row.id, "account").is_ok() && (asked.archived || row.archived_at.is_none())
    });
    rows.sort_by_key(|row| row.id);
    let (rows, next) = page(rows, asked.after, asked.limit, |row| row.id.0)?;
    let mut accounts = Vec::with_capacity(rows.len());
    for row in rows {
        accounts.push(AccountFacts::load(&state, row, as_of).await?);
    }
    Ok(Json(AsOf { as_of, what: Accounts { accounts, next } }))
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
) -> Result<Json<AsOf<AccountWhole>>, Failure> {
    let as_of = state.clock.now();
    let row = account_at(&state, &guest, id).await?;
    let history = state.store.account_history(row.id).await?;
    let history = history.into_iter().map(|row| AccountChange::of(&guest, row)).collect();
    let account = AccountFacts::load(&state, row, as_of).await?;
    Ok(Json(AsOf { as_of, what: AccountWhole { account, history } }))
}

async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    Said(said): Said<AccountSaid>,
) -> Result<(StatusCode, Json<AccountFacts>), Failure> {
    let now = state.clock.now();
    let row = add_account(&state.store, &said.edit()?, &guest.by(), now).await?;
    let account = AccountFacts::load(&state, row, now).await?;
    Ok((StatusCode::CREATED, Json(account)))
}

async fn change(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
    Asked(PreviewAsked { preview }): Asked<PreviewAsked>,
    Said(said): Said<AccountSaid>,
) -> Result<Json<Outcome>, Failure> {
    let edit = said.edit()?;
    if edit == AccountEdit::default() {
        let sentence = "nothing is said of the account that could change".to_owned();
        return Err(Failure::Unusable { sentence });
    }
    let (store, account, now) = (&state.store, AccountId(id), state.clock.now());
    let moved = if preview {
        Some(preview_account(store, account, &edit, now).await?)
    } else {
        change_account(store, account, &edit, &guest.by(), now).await?
    };
    Ok(Json(Outcome::of(moved, preview)))
}

async fn archive(
    state: State<crate::State>,
    guest: Guest,
    id: Id,
) -> Result<Json<Outcome>, Failure> {
    put_away(state, guest, id, true).await
}

async fn unarchive(
    state: State<crate::State>,
    guest: Guest,
    id: Id,
) -> Result<Json<Outcome>, Failure> {
    put_away(state, guest, id, false).await
}

async fn put_away(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
    is_archived: bool,
) -> Result<Json<Outcome>, Failure> {
    let edit = AccountEdit { is_archived: Some(is_archived), ..AccountEdit::default() };
    let now = state.clock.now();
    let moved = change_account(&state.store, AccountId(id), &edit, &guest.by(), now).await?;
    Ok(Json(Outcome::of(moved, false)))
}

async fn delete(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
) -> Result<Json<Deleted>, Failure> {
    delete_account(&state.store, AccountId(id), &guest.by(), state.clock.now()).await?;
    Ok(Json(Deleted { id, deleted: true }))
}

async fn import(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(DryRunAsked { dry_run }): Asked<DryRunAsked>,
    Sent(file): Sent,
) -> Result<Json<Imported>, Failure> {
    let (by, now) = (guest.by(), state.clock.now());
    let asked = Importing { by: &by, is_dry_run: dry_run, now };
    let report = import_accounts(&state.store, &file[..], asked).await?;
    Ok(Json(Imported::of(report, dry_run)))
}
