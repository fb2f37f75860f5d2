//! Adding contacts, changing, merging and erasing them.

use axum::Json;
use axum::extract::State;
use domain::{AccountId, ContactId, Country};
use engine::contacts::{ContactImport, Entered};
use store::AccountRow;

use super::said::{
    Added, ChangeSaid, ContactChanged, ContactsImported, Erased, ImportAsked, MergeSaid, Merged,
    NewSaid,
};
use super::seen;
use crate::api::asked::{Asked, Id, Named, Said, Sent, account, account_at, country};
use crate::api::told::DryRunAsked;
use crate::failure::Failure;
use crate::guest::Guest;

/// The account that is meant: the one named, or that of the token.
async fn meant(
    state: &crate::State,
    guest: &Guest,
    named: Option<&Named>,
) -> Result<AccountRow, Failure> {
    match (named, guest.account()) {
        (Some(named), _) => account(state, guest, named).await,
        (None, Some(AccountId(own))) => account_at(state, guest, own).await,
        (None, None) => {
            let sentence = "say of which account; each has its own contacts".to_owned();
            Err(Failure::Unusable { sentence })
        }
    }
}

/// Adds one.
pub async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(DryRunAsked { dry_run }): Asked<DryRunAsked>,
    Said(said): Said<NewSaid>,
) -> Result<Json<Added>, Failure> {
    let now = state.clock.now();
    let account = meant(&state, &guest, said.account.as_ref()).await?;
    let entry = said.person()?.newcomer(account.country, now)?;
    let by = (&*guest.by(), dry_run);
    let added = engine::contacts::add(&state.store, account.id, entry, by, now).await?;
    let (entered, calls_placed) = added;
    let (outcome, id) = match entered {
        Entered::New(id) => ("new", id),
        Entered::Changed(id) => ("changed", id),
        Entered::Unchanged(id) => ("unchanged", id),
        Entered::Refused(why) => {
            return Err(Failure::Conflict { sentence: format!("nothing was added: {why}") });
        }
    };
    Ok(Json(Added { outcome, id: id.0, calls_placed, dry_run }))
}

/// Changes one.
pub async fn change(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
    Asked(DryRunAsked { dry_run }): Asked<DryRunAsked>,
    Said(said): Said<ChangeSaid>,
) -> Result<Json<ContactChanged>, Failure> {
    let now = state.clock.now();
    let row = seen(&state, &guest, id).await?;
    let account = account_at(&state, &guest, row.account.0).await?;
    let entry = said.person()?.entry(account.country, now)?;
    let by = (&*guest.by(), dry_run);
    let changed = engine::contacts::change(&state.store, row.id, entry, by, now).await?;
    let (changed, calls_placed) = changed;
    Ok(Json(ContactChanged { id, changed: changed && !dry_run, calls_placed, dry_run }))
}

/// Adds and changes many.
pub async fn import(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<ImportAsked>,
    Sent(file): Sent,
) -> Result<Json<ContactsImported>, Failure> {
    let named = asked.account.map(Named::Name);
    let account = meant(&state, &guest, named.as_ref()).await?;
    let home = country(asked.country.as_deref())?.or(account.country).unwrap_or(Country::US);
    let (by, is_dry_run) = (guest.by(), asked.dry_run);
    let importing = ContactImport { account: account.id, home, by: &by, is_dry_run };
    let now = state.clock.now();
    let report = engine::contacts::import(&state.store, &file[..], &importing, now).await?;
    Ok(Json(ContactsImported::of(report, is_dry_run)))
}

/// Says that two are one person.
pub async fn merge(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
    Asked(DryRunAsked { dry_run }): Asked<DryRunAsked>,
    Said(said): Said<MergeSaid>,
) -> Result<Json<Merged>, Failure> {
    let into = seen(&state, &guest, id).await?.id;
    let contact = seen(&state, &guest, said.contact).await?.id;
    let (by, now) = ((&*guest.by(), dry_run), state.clock.now());
    let merged = engine::contacts::merge(&state.store, (into, contact), by, now).await?;
    Ok(Json(Merged { id, calls_moved: merged.calls_moved, dry_run }))
}

/// Takes one apart again.
pub async fn unmerge(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
    Asked(DryRunAsked { dry_run }): Asked<DryRunAsked>,
) -> Result<Json<Merged>, Failure> {
    let contact = seen(&state, &guest, id).await?.id;
    let (by, now) = ((&*guest.by(), dry_run), state.clock.now());
    let merged = engine::contacts::unmerge(&state.store, contact, by, now).await?;
    Ok(Json(Merged { id, calls_moved: merged.calls_moved, dry_run }))
}

/// Erases a person for good.
pub async fn erase(
    State(state): State<crate::State>,
    guest: Guest,
    Id(id): Id,
    Asked(DryRunAsked { dry_run }): Asked<DryRunAsked>,
) -> Result<Json<Erased>, Failure> {
    let contact: ContactId = seen(&state, &guest, id).await?.id;
    let (by, now) = ((&*guest.by(), dry_run), state.clock.now());
    let erased = engine::contacts::erase(&state.store, contact, by, now).await?;
    Ok(Json(Erased { id, contacts: erased.contacts, calls: erased.calls, dry_run }))
}
