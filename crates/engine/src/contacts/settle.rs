//! Giving calls their contacts, inside the transaction that writes them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountId, ContactFields, ContactId, ContactPolicy, Placement, SourceId, Timestamp};
use store::{NewContact, NewExternalId, NewPhone, StoreError, Tx};

use super::decide::{Decided, Seeker, Settled, decide, new_place};
use super::people::{Keys, People};

const BY_CALL: &str = "a call";

/// Gives each call its contact: finds it, makes it, or says why the call waits. Gives how many
/// contacts were made, too.
pub(super) async fn settle(
    tx: &mut Tx,
    policy: ContactPolicy,
    seekers: &[Seeker],
    now: Timestamp,
) -> Result<(Vec<Settled>, u64), StoreError> {
    let wanted = wanted(seekers);
    if policy == ContactPolicy::Off || wanted.is_empty() {
        let alone = seekers.iter().map(|seeker| Settled::alone(seeker.placement));
        return Ok((alone.collect(), 0));
    }
    tx.accounts_lock(&wanted.keys().copied().collect::<Vec<_>>()).await?;
    let mut people = People::look(tx, &wanted).await?;
    let mut decided = decide(policy, seekers, &mut people);
    write(tx, seekers, &mut decided, now).await?;
    Ok((decided.settled, decided.new.len() as u64))
}

/// What settling would come to; nothing is locked and nothing written.
pub(super) async fn foresee(
    tx: &mut Tx,
    policy: ContactPolicy,
    seekers: &[Seeker],
) -> Result<Vec<Settled>, StoreError> {
    let wanted = wanted(seekers);
    let mut people = match policy {
        ContactPolicy::Off => People::default(),
        ContactPolicy::Created | ContactPolicy::Matched => People::look(tx, &wanted).await?,
    };
    Ok(decide(policy, seekers, &mut people).settled)
}

fn wanted(seekers: &[Seeker]) -> BTreeMap<AccountId, Keys> {
    let mut wanted: BTreeMap<AccountId, Keys> = BTreeMap::new();
    for seeker in seekers {
        if let Placement::Placed { account, .. } = seeker.placement {
            wanted.entry(account).or_default().add(&seeker.caller);
        }
    }
    wanted
}

/// Makes the new contacts, adds what calls tell about the others, and puts the new ids in place.
async fn write(
    tx: &mut Tx,
    seekers: &[Seeker],
    decided: &mut Decided,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut new: Vec<NewContact> = decided.new.iter().map(|account| empty(*account)).collect();
    let mut told: BTreeMap<ContactId, ContactFields> = BTreeMap::new();
    for (_, contact, place) in &decided.told {
        let fields = &seekers[*place].caller.fields;
        match new_place(*contact) {
            Some(place) => new[place].fields.merge(fields),
            None => told.entry(*contact).or_default().merge(fields),
        };
    }
    let made = tx.contacts_add(&new, BY_CALL, now).await?;
    let real = |contact: ContactId| new_place(contact).map_or(contact, |place| made[place]);
    for settled in &mut decided.settled {
        settled.link = settled.link.map(|(contact, by)| (real(contact), by));
    }
    let (mut phones, mut ids) = (Vec::new(), Vec::new());
    for (account, contact, place) in &decided.told {
        let (account, contact) = (*account, real(*contact));
        let caller = &seekers[*place].caller;
        phones.extend(caller.phone.clone().map(|e164| NewPhone { account, contact, e164 }));
        let external = caller.external.clone();
        ids.extend(external.map(|external| NewExternalId { account, contact, external }));
    }
    tx.contact_phones_add(&distinct(phones, |new| (new.contact, new.e164.clone()))).await?;
    tx.contact_ids_add(&distinct(ids, |new| (new.account, new.external.clone()))).await?;
    tell(tx, told, now).await?;
    let arrived: BTreeSet<ContactId> = made.into_iter().collect();
    announce(tx, &arrived, (BY_CALL, "made a contact"), now).await?;
    Ok(())
}

fn empty(account: AccountId) -> NewContact {
    NewContact { account, fields: ContactFields::new() }
}

/// One row per key: a statement that meets its own rows again is refused by PostgreSQL.
pub(super) fn distinct<T, K: Ord>(rows: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    rows.into_iter().filter(|row| seen.insert(key(row))).collect()
}

/// Adds what was said to contacts that are there; those that knew it all are not written.
async fn tell(
    tx: &mut Tx,
    told: BTreeMap<ContactId, ContactFields>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let contacts: Vec<ContactId> =
        told.iter().filter(|(_, fields)| !fields.is_empty()).map(|(contact, _)| *contact).collect();
    let mut changed = Vec::new();
    for row in tx.contacts_get(&contacts).await? {
        let mut fields = row.fields.clone();
        fields.merge(&told[&row.id]);
        if fields != row.fields {
            changed.push((row.id, NewContact { account: row.account, fields }));
        }
    }
    tx.contacts_change(&changed, now).await
}

/// Writes down that calls which waited for these contacts are to be looked at. Gives the change's
/// id, if any call waited.
pub(super) async fn announce(
    tx: &mut Tx,
    contacts: &BTreeSet<ContactId>,
    (by, what): (&str, &str),
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let contacts: Vec<ContactId> = contacts.iter().copied().collect();
    if contacts.is_empty() {
        return Ok(None);
    }
    let phones = tx.contact_phones_of(&contacts).await?;
    let ids = tx.contact_ids_of(&contacts).await?;
    let keys = |keys: &mut dyn Iterator<Item = String>| -> Vec<String> {
        keys.collect::<BTreeSet<_>>().into_iter().collect()
    };
    let waiting = tx
        .callers_with(
            &keys(&mut phones.iter().map(|phone| phone.e164.clone())),
            &keys(&mut ids.iter().map(|id| id.id.clone())),
        )
        .await?;
    let mut rows: BTreeSet<(SourceId, ContactId)> = BTreeSet::new();
    for (source, key) in &waiting {
        let of_phone = phones.iter().filter(|phone| phone.e164 == *key).map(|row| row.contact_id);
        let of_id = ids.iter().filter(|id| id.id == *key).map(|row| row.contact_id);
        rows.extend(of_phone.chain(of_id).map(|contact| (*source, ContactId(contact))));
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let change = tx.change_add((by, what), &[], now).await?;
    tx.arrivals_add(change, &rows.into_iter().collect::<Vec<_>>()).await?;
    Ok(Some(change))
}
