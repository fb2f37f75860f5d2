//! Two contacts that are one person, and the way back.

use std::collections::{BTreeMap, BTreeSet};

use domain::{ContactId, SourceId, Timestamp};
use store::{ContactRow, Store, StoreError, Tx};

use super::arrive::{Why, replace};
use super::history::family_of;
use super::settle::announce;

/// Why a contact was not changed, merged, taken apart or erased.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// There is no such contact.
    #[error("there is no contact {contact}")]
    NoContact {
        /// The id.
        contact: ContactId,
    },
    /// It is part of another.
    #[error("contact {contact} was merged into contact {into}")]
    WasMerged {
        /// The contact.
        contact: ContactId,
        /// Into whom.
        into: ContactId,
    },
    /// It stands by itself.
    #[error("contact {contact} was not merged into another")]
    NotMerged {
        /// The contact.
        contact: ContactId,
    },
    /// Nothing is known of it any more.
    #[error("contact {contact} was erased")]
    WasErased {
        /// The contact.
        contact: ContactId,
    },
    /// One is asked to be two.
    #[error("contact {contact} cannot be merged into itself")]
    Itself {
        /// The contact.
        contact: ContactId,
    },
    /// Each account has its own people.
    #[error("contacts {one} and {other} belong to different accounts")]
    TwoAccounts {
        /// The first.
        one: ContactId,
        /// The second.
        other: ContactId,
    },
    /// Another contact has this id.
    #[error("the {kind} {id} belongs to contact {holder}")]
    IdTaken {
        /// The kind of id.
        kind: String,
        /// The id.
        id: String,
        /// Who has it.
        holder: ContactId,
    },
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a merge or its undoing did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Merged {
    /// Calls that moved because of it.
    pub calls_moved: u64,
}

/// Says that `contact` is the same person as `into`. Calls that waited because both have their
/// number are placed. Nothing is lost: [`unmerge`] takes them apart again.
pub async fn merge(
    store: &Store,
    (into, contact): (ContactId, ContactId),
    (by, is_dry): (&str, bool),
    now: Timestamp,
) -> Result<Merged, ContactError> {
    if into == contact {
        return Err(ContactError::Itself { contact });
    }
    let mut tx = store.begin().await?;
    let account = living(&mut tx, into).await?.account;
    tx.accounts_lock(&[account]).await?;
    let (one, other) = (living(&mut tx, into).await?, living(&mut tx, contact).await?);
    if one.account != other.account {
        return Err(ContactError::TwoAccounts { one: into, other: contact });
    }
    if is_dry {
        return Ok(Merged::default());
    }
    tx.contact_merge(contact, into, by, now).await?;
    let what = format!("merged contact {contact} into {into}");
    let family: BTreeSet<ContactId> =
        family_of(&mut tx, into).await?.iter().map(|row| row.id).collect();
    let change = announce(&mut tx, &family, (by, &what), now).await?;
    tx.commit().await?;
    super::resume_all(store, now).await?;
    let calls_moved = match change {
        Some(change) => store.change_moved(change).await?,
        None => 0,
    };
    Ok(Merged { calls_moved })
}

/// Makes a merged contact a person of its own again. Calls that were placed by a number that both
/// have wait again, whenever they came.
pub async fn unmerge(
    store: &Store,
    contact: ContactId,
    (by, is_dry): (&str, bool),
    now: Timestamp,
) -> Result<Merged, ContactError> {
    let mut tx = store.begin().await?;
    let row = any(&mut tx, contact).await?;
    if row.erased_at.is_some() {
        return Err(ContactError::WasErased { contact });
    }
    let Some(into) = row.merged_into else { return Err(ContactError::NotMerged { contact }) };
    let root = root_of(&mut tx, into).await?;
    // Sources are locked before accounts, as everybody does who writes calls.
    let everybody: Vec<ContactId> =
        family_of(&mut tx, root).await?.iter().map(|row| row.id).collect();
    let calls = tx.calls_of_contacts(&everybody).await?;
    let sources: BTreeSet<SourceId> = calls.iter().map(|(source, _)| *source).collect();
    for source in &sources {
        tx.rules_lock(*source).await?;
    }
    tx.accounts_lock(&[row.account]).await?;
    if is_dry {
        return Ok(Merged::default());
    }
    tx.contact_unmerge(contact).await?;
    let apart: Vec<ContactId> =
        family_of(&mut tx, contact).await?.iter().map(|row| row.id).collect();
    let rest: Vec<ContactId> =
        everybody.iter().filter(|one| !apart.contains(one)).copied().collect();
    let shared = shared(&mut tx, &apart, &rest).await?;
    let what = format!("took contact {contact} out of {into}");
    let change = tx.change_add((by, &what), &[], now).await?;
    let mut of_source: BTreeMap<SourceId, Vec<String>> = BTreeMap::new();
    for (source, id) in calls {
        of_source.entry(source).or_default().push(id);
    }
    let mut calls_moved = 0;
    for (source, ids) in of_source {
        let calls = tx.calls_linked(source, &ids).await?;
        let by_number = calls.into_iter().filter(|call| {
            call.contact_by.as_deref() == Some("phone")
                && call.other_side().is_some_and(|number| shared.contains(number))
        });
        let again: Vec<String> = by_number.map(|call| call.provider_call_id).collect();
        calls_moved += replace(&mut tx, source, &again, Why::Change(change), now).await?;
    }
    tx.commit().await?;
    Ok(Merged { calls_moved })
}

/// Numbers that people of both sides have.
async fn shared(
    tx: &mut Tx,
    one: &[ContactId],
    other: &[ContactId],
) -> Result<BTreeSet<String>, StoreError> {
    let theirs = tx.contact_phones_of(other).await?;
    let theirs: BTreeSet<String> = theirs.into_iter().map(|phone| phone.e164).collect();
    let ours = tx.contact_phones_of(one).await?.into_iter().map(|phone| phone.e164);
    Ok(ours.filter(|number| theirs.contains(number)).collect())
}

async fn root_of(tx: &mut Tx, contact: ContactId) -> Result<ContactId, ContactError> {
    let mut root = contact;
    while let Some(into) = any(tx, root).await?.merged_into {
        root = into;
    }
    Ok(root)
}

/// A contact, whatever became of it.
pub(super) async fn any(tx: &mut Tx, contact: ContactId) -> Result<ContactRow, ContactError> {
    tx.contacts_get(&[contact]).await?.pop().ok_or(ContactError::NoContact { contact })
}

/// A contact that was neither merged nor erased.
pub(super) async fn living(tx: &mut Tx, contact: ContactId) -> Result<ContactRow, ContactError> {
    let row = any(tx, contact).await?;
    match (row.merged_into, row.erased_at) {
        (Some(into), _) => Err(ContactError::WasMerged { contact, into }),
        (None, Some(_)) => Err(ContactError::WasErased { contact }),
        (None, None) => Ok(row),
    }
}
