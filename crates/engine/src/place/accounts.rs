//! Changing accounts as a whole: what they are called, from when on their calls count, whether they
//! are put away, and that they are gone.

use domain::{AccountId, Country, ExcludedReason, SourceId, Timestamp, WaitingReason};
use store::{AccountRow, AccountTies, Of, Part, Slice, Store, StoreError, Tx};

use super::{moving, resume};

/// What is to change of an account; what is not said stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountEdit {
    /// What it is called.
    pub name: Option<String>,
    /// What it is called in another system.
    pub external_id: Option<String>,
    /// The country of numbers written without one.
    pub country: Option<Country>,
    /// From when on its calls count; [`Timestamp::MIN`] for from the first.
    pub counts_from: Option<Timestamp>,
    /// Whether it is put away.
    pub is_archived: Option<bool>,
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such account.
    #[error("account {id} is not there any more")]
    NoAccount {
        /// Our id of it.
        id: AccountId,
    },
    /// Nobody said how it is called.
    #[error("an account needs a name")]
    NoName,
    /// Another one is called so.
    #[error("there is an account “{name}” already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Another system calls another one so.
    #[error("the external id “{id}” is that of {name}")]
    IdTaken {
        /// The id.
        id: String,
        /// Whose it is.
        name: String,
    },
    /// Something names it.
    #[error("{name} cannot be deleted")]
    Tied {
        /// What it is called.
        name: String,
        /// What names it.
        ties: AccountTies,
    },
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What names an account, each with how many there are; what there is none of is not told.
pub fn tied_by(ties: &AccountTies) -> Vec<(i64, &'static str)> {
    let kinds = [
        (ties.calls, "call"),
        (ties.contacts, "contact"),
        (ties.assignments, "assignment"),
        (ties.rules, "rule"),
        (ties.sources, "source that assigns new agents to it"),
        (ties.tokens, "token of the API"),
        (ties.users, "user who may look at it"),
        (ties.schedules, "schedule of comparisons"),
    ];
    kinds.into_iter().filter(|(count, _)| *count > 0).collect()
}

/// A change, worked out against how the account is.
struct Plan {
    before: AccountRow,
    after: AccountRow,
    slices: Vec<Slice>,
}

/// Adds an account, unless there is one of this name.
pub async fn add_account(
    store: &Store,
    edit: &AccountEdit,
    by: &str,
    now: Timestamp,
) -> Result<AccountRow, AccountError> {
    let name = edit.name.as_deref().map(str::trim).unwrap_or_default();
    let mut tx = store.begin().await?;
    let (row, _) = add_in(&mut tx, name, edit, (by, now)).await?;
    tx.commit().await?;
    Ok(row)
}

/// The same as a part of more, with the change it is.
pub(super) async fn add_in(
    tx: &mut Tx,
    name: &str,
    edit: &AccountEdit,
    (by, now): (&str, Timestamp),
) -> Result<(AccountRow, i64), AccountError> {
    if name.is_empty() {
        return Err(AccountError::NoName);
    }
    let wanted = AccountRow {
        id: AccountId(-1),
        name: name.to_owned(),
        external_id: None,
        country: None,
        calls_reset_at: None,
        archived_at: None,
    };
    free(tx, &edit.applied(&wanted, now), None).await?;
    let made = tx.account_ensure(name, now).await?;
    let row = edit.applied(&made, now);
    tx.account_change(&row).await?;
    let change = tx.change_add((by, &format!("added the account {name}")), &[], now).await?;
    tx.change_about(change, row.id).await?;
    Ok((row, change))
}

/// Changes an account and moves the calls that its reset date leaves out or takes in again. Returns
/// how many moved; none if all was so already.
pub async fn change_account(
    store: &Store,
    account: AccountId,
    edit: &AccountEdit,
    by: &str,
    now: Timestamp,
) -> Result<Option<u64>, AccountError> {
    let change = decide_account(store, account, edit, by, now).await?;
    for source in store.sources_list().await? {
        resume(store, source.id, now).await?;
    }
    match change {
        Some(id) => Ok(Some(store.change_moved(id).await?)),
        None => Ok(None),
    }
}

/// How many calls a change of an account would move. Nothing is written.
pub async fn preview_account(
    store: &Store,
    account: AccountId,
    edit: &AccountEdit,
    now: Timestamp,
) -> Result<u64, AccountError> {
    let sources = sources(store).await?;
    let mut tx = store.begin().await?;
    let Plan { after, slices, .. } = plan(store, &mut tx, (account, edit), &sources, now).await?;
    // The calls are read outside of it, so that nobody waits for a look.
    drop(tx);
    let mut count = 0;
    for source in sources {
        let of_source: Vec<Slice> =
            slices.iter().filter(|slice| slice.source == source).cloned().collect();
        let (_, rules) = store.rules_load(source).await?;
        let rules = rules.resetting(account, after.calls_reset_at);
        count += moving(store, &of_source, &rules).await?;
    }
    Ok(count)
}

/// Writes a change down, with what is to be done because of it. From its commit on, calls that are
/// read are placed by it; those that are stored move with the next [`resume`] of their source.
pub async fn decide_account(
    store: &Store,
    account: AccountId,
    edit: &AccountEdit,
    by: &str,
    now: Timestamp,
) -> Result<Option<i64>, AccountError> {
    let mut tx = store.begin().await?;
    let change = decide_account_in((store, &mut tx), account, edit, (by, now)).await?;
    if change.is_some() {
        tx.commit().await?;
    }
    Ok(change.map(|(id, _)| id))
}

/// The same as a part of more, with which calls to place again.
pub(super) async fn decide_account_in(
    (store, tx): (&Store, &mut Tx),
    account: AccountId,
    edit: &AccountEdit,
    (by, now): (&str, Timestamp),
) -> Result<Option<(i64, Vec<Slice>)>, AccountError> {
    let sources = if edit.counts_from.is_some() { sources(store).await? } else { Vec::new() };
    // Sources before accounts, and each in order, as everybody locks them. From here on no call is
    // written by the old date.
    for source in &sources {
        tx.rules_lock(*source).await?;
    }
    tx.accounts_lock(&[account]).await?;
    let Plan { before, after, slices } = plan(store, tx, (account, edit), &sources, now).await?;
    if before == after {
        return Ok(None);
    }
    free(tx, &after, Some(account)).await?;
    tx.account_change(&after).await?;
    if before.calls_reset_at != after.calls_reset_at {
        for source in &sources {
            tx.rules_bump(*source).await?;
        }
    }
    let change = tx.change_add((by, &sentence(&before, &after)), &slices, now).await?;
    tx.change_about(change, account).await?;
    Ok(Some((change, slices)))
}

/// Fails where another account is called so.
async fn free(
    tx: &mut Tx,
    wanted: &AccountRow,
    but: Option<AccountId>,
) -> Result<(), AccountError> {
    let is_other = |row: &AccountRow| Some(row.id) != but;
    if tx.account_named(&wanted.name).await?.is_some_and(|row| is_other(&row)) {
        return Err(AccountError::NameTaken { name: wanted.name.clone() });
    }
    let Some(id) = &wanted.external_id else { return Ok(()) };
    match tx.account_by_external_id(id).await?.filter(is_other) {
        Some(AccountRow { name, .. }) => Err(AccountError::IdTaken { id: id.clone(), name }),
        None => Ok(()),
    }
}

/// Takes away an account in which nothing is and never was.
pub async fn delete_account(
    store: &Store,
    account: AccountId,
    by: &str,
    now: Timestamp,
) -> Result<(), AccountError> {
    let mut tx = store.begin().await?;
    tx.accounts_lock(&[account]).await?;
    let row = tx.account_get(account).await?.ok_or(AccountError::NoAccount { id: account })?;
    let ties = tx.account_ties(account).await?;
    if ties != AccountTies::default() {
        return Err(AccountError::Tied { name: row.name, ties });
    }
    tx.account_delete(account).await?;
    let what = format!("deleted the account {}", row.name);
    let change = tx.change_add((by, &what), &[], now).await?;
    tx.change_about(change, account).await?;
    Ok(tx.commit().await?)
}

pub(crate) async fn sources(store: &Store) -> Result<Vec<SourceId>, StoreError> {
    let mut ids: Vec<SourceId> =
        store.sources_list().await?.into_iter().map(|row| row.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

async fn plan(
    store: &Store,
    tx: &mut Tx,
    (account, edit): (AccountId, &AccountEdit),
    sources: &[SourceId],
    now: Timestamp,
) -> Result<Plan, AccountError> {
    let before = tx.account_get(account).await?.ok_or(AccountError::NoAccount { id: account })?;
    let after = edit.applied(&before, now);
    if after.name.is_empty() {
        return Err(AccountError::NoName);
    }
    let first = |row: &AccountRow| row.calls_reset_at.unwrap_or(Timestamp::MIN);
    let (was, is) = (first(&before), first(&after));
    let mut slices = Vec::new();
    for source in sources.iter().filter(|_| was != is) {
        let groups = store.unplaced_groups(*source).await?;
        let slice = |of| Slice { source: *source, of, from: was.min(is), to: was.max(is) };
        slices.extend(standing(account, is > was, groups).map(slice));
    }
    Ok(Plan { before, after, slices })
}

/// Where calls stand that a reset date can move: a later one leaves out what is with the account or
/// waits for a contact there, an earlier one takes in what was left out.
fn standing(
    account: AccountId,
    is_later: bool,
    groups: Vec<(String, Option<String>)>,
) -> impl Iterator<Item = Of> {
    let of_account = is_later.then_some(Of::Account(account));
    let is_meant = move |reason: &str| {
        let waits: Result<WaitingReason, _> = reason.parse();
        match waits {
            Ok(reason) => is_later && reason.is_about_contact(),
            Err(_) => !is_later && reason == ExcludedReason::OutsideResetDate.as_str(),
        }
    };
    let groups = groups.into_iter().filter(move |(reason, _)| is_meant(reason));
    of_account.into_iter().chain(groups.map(|(reason, agent)| match agent {
        Some(agent) => Of::Agent(agent, Part::Unplaced(reason)),
        None => Of::Nobody(reason),
    }))
}

impl AccountEdit {
    /// Whether an account is so already.
    pub fn is_so(&self, row: &AccountRow) -> bool {
        self.applied(row, Timestamp::MIN) == *row
    }

    fn applied(&self, row: &AccountRow, now: Timestamp) -> AccountRow {
        let Self { name, external_id, country, counts_from, is_archived } = self;
        let mut row = row.clone();
        if let Some(name) = name {
            name.trim().clone_into(&mut row.name);
        }
        row.external_id = external_id.clone().or(row.external_id);
        row.country = country.or(row.country);
        if let Some(from) = counts_from {
            row.calls_reset_at = Some(*from).filter(|from| *from != Timestamp::MIN);
        }
        row.archived_at = match is_archived {
            Some(true) => row.archived_at.or(Some(now)),
            Some(false) => None,
            None => row.archived_at,
        };
        row
    }
}

/// What changed, for a person.
fn sentence(before: &AccountRow, after: &AccountRow) -> String {
    let mut said = Vec::new();
    let name = &before.name;
    if before.name != after.name {
        said.push(format!("renamed {name} to {}", after.name));
    }
    if before.external_id != after.external_id {
        let id = after.external_id.as_deref().unwrap_or("none");
        said.push(format!("changed the external id of {name} to {id}"));
    }
    if before.country != after.country {
        let country = after.country.as_ref().map_or("none", Country::as_str);
        said.push(format!("changed the country of {name} to {country}"));
    }
    if before.calls_reset_at != after.calls_reset_at {
        said.push(match after.calls_reset_at {
            Some(at) => format!("changed the reset date of {name} to {at}"),
            None => format!("took the reset date of {name} away"),
        });
    }
    match (before.archived_at, after.archived_at) {
        (None, Some(_)) => said.push(format!("archived {name}")),
        (Some(_), None) => said.push(format!("took {name} out of the archive")),
        _ => {}
    }
    said.join(", ")
}

/// Whether a change of an account, as it was told, is of one that was or came to be called so.
pub(crate) fn is_told_of(what: &str, name: &str) -> bool {
    what.match_indices(name).any(|(at, _)| {
        let (before, after) = (&what[..at], &what[at + name.len()..]);
        let ends = after.is_empty() || after.starts_with(", ") || after.starts_with(" to ");
        before.ends_with(' ') && ends
    })
}

#[cfg(test)]
mod tests {
    use super::is_told_of;

    #[test]
    fn a_change_tells_what_an_account_was_called_and_came_to_be() {
        for (what, is_told) in [
            ("added the account Maple", true),
            ("deleted the account Maple", true),
            ("renamed Maple to Birch", true),
            ("renamed Birch to Maple, archived Birch", true),
            ("renamed Birch to Maple Leaf", false),
            ("added the account Sugar-Maple", false),
            ("archived Birch", false),
        ] {
            assert_eq!(is_told_of(what, "Maple"), is_told, "{what}");
        }
    }
}
