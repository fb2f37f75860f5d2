//! Contacts: what finds them, which calls wait for them, and what is left when they are erased.

use domain::{
    AccountId, Because, Caller, ContactFields, ContactId, ContactPolicy, Country, ExternalId,
    FoundBy, Phone, Placement, ProviderCallId, ProviderKind, SourceId, WaitingReason,
};
use serde_json::json;
use store::{
    CallKey, LinkedCall, NewCall, NewCaller, NewContact, NewExternalId, NewPhone, Numbers, Scope,
    Store,
};
use testkit::on_both_databases;

use crate::samples::{account, at, call, observation, placed, source, write};

fn named(account: AccountId, name: &str) -> NewContact {
    let mut fields = ContactFields::new();
    fields.state("first_name", json!(name), at(1));
    NewContact { account, fields }
}

async fn contacts(store: &Store, account: AccountId, names: &[&str]) -> Vec<ContactId> {
    let new: Vec<NewContact> = names.iter().map(|name| named(account, name)).collect();
    let mut tx = store.begin().await.unwrap();
    let ids = tx.contacts_add(&new, "ann", at(2)).await.unwrap();
    tx.commit().await.unwrap();
    ids
}

fn phone(account: AccountId, contact: ContactId, e164: &str) -> NewPhone {
    NewPhone { account, contact, e164: e164.to_owned() }
}

fn code(number: u64) -> ExternalId {
    ExternalId::lead_code(&format!("{number:013}")).unwrap()
}

fn sought(id: &str, phone: Option<&str>, external: Option<ExternalId>) -> NewCaller {
    let caller = Caller { phone: phone.map(str::to_owned), external, fields: ContactFields::new() };
    NewCaller { provider_call_id: id.to_owned(), is_sought: true, caller }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn linked(store: &Store, source: SourceId, id: &str) -> LinkedCall {
    let mut tx = store.begin().await.unwrap();
    tx.calls_linked(source, &texts(&[id])).await.unwrap().pop().unwrap()
}

fn with(contact: ContactId, mut new: NewCall<'static>) -> NewCall<'static> {
    new.contact = Some((contact, FoundBy::Phone));
    new
}

on_both_databases! {
    async fn a_contact_is_looked_up_by_a_number_or_an_id_of_its_account(db) {
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        let mine = contacts(&db.store, acme, &["a", "b"]).await;
        let theirs = contacts(&db.store, other, &["c"]).await;
        let mut tx = db.store.begin().await.unwrap();
        let phones = [phone(acme, mine[1], "+1"), phone(acme, mine[0], "+1"), phone(other, theirs[0], "+2")];
        tx.contact_phones_add(&phones).await.unwrap();
        let id = NewExternalId { account: acme, contact: mine[0], external: code(7) };
        tx.contact_ids_add(&[id]).await.unwrap();
        tx.commit().await.unwrap();
        let with = async |account, e164: &str| -> Vec<i64> {
            let owners = db.store.contacts_with_phone(account, e164).await.unwrap();
            owners.into_iter().map(|owner| owner.contact_id).collect()
        };
        assert_eq!(with(acme, "+1").await, [mine[0].0, mine[1].0]);
        assert_eq!((with(acme, "+2").await, with(other, "+1").await), (vec![], vec![]));
        let owner = db.store.contact_with_id(acme, &code(7)).await.unwrap().unwrap();
        assert_eq!((owner.contact_id, owner.kind.as_str()), (mine[0].0, "vendor_lead_code"));
        assert_eq!(db.store.contact_with_id(other, &code(7)).await.unwrap(), None);
        assert_eq!(db.store.contact_with_id(acme, &code(8)).await.unwrap(), None);
    }

    async fn many_contacts_get_their_ids_in_their_order(db) {
        let acme = account(&db.store, "acme").await;
        let names: Vec<String> = (0..700).map(|n| format!("n{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let ids = contacts(&db.store, acme, &names).await;
        assert_eq!(ids.len(), 700);
        let rows = db.store.contacts_list(Scope::Account(acme), ContactId(0), 1000).await.unwrap();
        for ((row, id), name) in rows.iter().zip(&ids).zip(&names) {
            assert_eq!((row.id, row.fields.text("first_name").as_deref()), (*id, Some(*name)));
        }
        assert_eq!((rows[0].created_at, rows[0].created_by.as_str()), (2, "ann"));
        let after = db.store.contacts_list(Scope::Operator, ids[0], 2).await.unwrap();
        assert_eq!(after.iter().map(|row| row.id).collect::<Vec<_>>(), ids[1..3]);
        let other = account(&db.store, "other").await;
        assert!(db.store.contacts_list(Scope::Account(other), ContactId(0), 9).await.unwrap().is_empty());
    }

    async fn contacts_nobody_had_a_call_with_are_counted_for_each_account(db) {
        let source = source(&db.store, "s").await;
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        account(&db.store, "without contacts").await;
        let ids = contacts(&db.store, acme, &["called", "merged", "merged away", "never", "away"]).await;
        contacts(&db.store, other, &["never"]).await;
        let calls = [with(ids[0], placed(acme, call("1", 1))), with(ids[2], placed(acme, call("2", 2)))];
        write(&db.store, source, &calls).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.contact_merge(ids[2], ids[1], "ann", at(7)).await.unwrap();
        tx.contact_merge(ids[4], ids[3], "ann", at(7)).await.unwrap();
        tx.commit().await.unwrap();
        let all = db.store.contact_uses(Scope::Operator).await.unwrap();
        let told: Vec<_> = all.iter().map(|it| (it.account.as_str(), it.contacts, it.without_call)).collect();
        assert_eq!(told, [("acme", 3, 1), ("other", 1, 1)]);
        let one = db.store.contact_uses(Scope::Account(other)).await.unwrap();
        assert_eq!((one.len(), one[0].account_id()), (1, other));
    }

    async fn fields_of_many_contacts_change_at_once(db) {
        let acme = account(&db.store, "acme").await;
        let ids = contacts(&db.store, acme, &["a", "b", "c"]).await;
        let mut tx = db.store.begin().await.unwrap();
        let changed = [(ids[0], named(acme, "x")), (ids[2], named(acme, "z"))];
        tx.contacts_change(&changed, at(9)).await.unwrap();
        tx.contacts_change(&[], at(9)).await.unwrap();
        let rows = tx.contacts_get(&ids).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.fields.text("first_name").unwrap(), row.changed_at, row.created_at)).collect();
        assert_eq!(told, [("x".to_owned(), 9, 2), ("b".to_owned(), 2, 2), ("z".to_owned(), 9, 2)]);
        assert!(tx.contacts_get(&[ContactId(-1)]).await.unwrap().is_empty());
    }

    async fn contacts_are_found_by_number_and_id_within_their_account(db) {
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        let ours = contacts(&db.store, acme, &["a", "b"]).await;
        let theirs = contacts(&db.store, other, &["c"]).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.accounts_lock(&[other, acme, acme]).await.unwrap();
        let phones = [
            phone(acme, ours[0], "+12015550101"), phone(acme, ours[1], "+12015550101"),
            phone(acme, ours[1], "+12015550102"), phone(other, theirs[0], "+12015550101"),
        ];
        tx.contact_phones_add(&phones).await.unwrap();
        tx.contact_phones_add(&phones).await.unwrap();
        let ids = [
            NewExternalId { account: acme, contact: ours[0], external: code(1) },
            NewExternalId { account: other, contact: theirs[0], external: code(1) },
        ];
        tx.contact_ids_add(&ids).await.unwrap();
        // Whoever has an id keeps it.
        let again = NewExternalId { account: acme, contact: ours[1], external: code(1) };
        tx.contact_ids_add(&[again]).await.unwrap();
        let mut found = tx.contacts_by_phone(acme, &texts(&["+12015550101", "+12015550109"])).await.unwrap();
        found.sort_by_key(|owner| owner.contact_id);
        let owners: Vec<i64> = found.iter().map(|owner| owner.contact_id).collect();
        assert_eq!(owners, ours.iter().map(|id| id.0).collect::<Vec<_>>());
        let found = tx.contacts_by_id(acme, &[code(1), code(2)]).await.unwrap();
        assert_eq!((found.len(), found[0].contact_id, found[0].kind.as_str()), (1, ours[0].0, "vendor_lead_code"));
        assert_eq!(tx.contact_phones_of(&ours).await.unwrap().len(), 3);
        assert_eq!(tx.contact_ids_of(&ours).await.unwrap().len(), 1);
        assert!(tx.contacts_by_phone(acme, &[]).await.unwrap().is_empty());
    }

    async fn a_merged_contact_names_the_other_and_stands_apart_again(db) {
        let acme = account(&db.store, "acme").await;
        let ids = contacts(&db.store, acme, &["a", "b"]).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.contact_phones_add(&[phone(acme, ids[1], "+12015550101")]).await.unwrap();
        tx.contact_merge(ids[1], ids[0], "ann", at(7)).await.unwrap();
        let merged = tx.contacts_merged(&[ids[0]]).await.unwrap();
        assert_eq!((merged[0].id, merged[0].merged_into, merged[0].merged_at), (ids[1], Some(ids[0]), Some(7)));
        assert_eq!(merged[0].merged_by.as_deref(), Some("ann"));
        let owner = tx.contacts_by_phone(acme, &texts(&["+12015550101"])).await.unwrap();
        assert_eq!(owner[0].merged_into, Some(ids[0].0));
        tx.commit().await.unwrap();
        let listed = db.store.contacts_list(Scope::Operator, ContactId(0), 9).await.unwrap();
        assert_eq!(listed.len(), 1);
        let mut tx = db.store.begin().await.unwrap();
        tx.contact_unmerge(ids[1]).await.unwrap();
        assert!(tx.contacts_merged(&[ids[0]]).await.unwrap().is_empty());
    }

    async fn a_source_says_what_its_calls_do_to_contacts(db) {
        let source = source(&db.store, "s").await;
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.contact_policy(source).await.unwrap(), ContactPolicy::Off);
        tx.contact_policy_set(source, Some(ContactPolicy::Matched)).await.unwrap();
        assert_eq!(tx.contact_policy(source).await.unwrap(), ContactPolicy::Matched);
        tx.contact_policy_set(source, None).await.unwrap();
        assert_eq!(tx.contact_policy(source).await.unwrap(), ContactPolicy::Off);
        let teli = tx.source_ensure("t", ProviderKind::Teli, "o", at(0), at(1)).await.unwrap();
        assert_eq!(tx.contact_policy(teli.id).await.unwrap(), ContactPolicy::Created);
    }

    async fn what_calls_say_is_kept_until_they_have_a_contact(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let mut tx = db.store.begin().await.unwrap();
        let mut rich = sought("c2", Some("+12015550101"), Some(code(1)));
        rich.caller.fields.state("first_name", json!("Ada"), at(3));
        let not_sought = NewCaller { is_sought: false, ..sought("c3", Some("+12015550101"), None) };
        let rows = [sought("c1", Some("+12015550101"), None), rich.clone(), not_sought, sought("c4", None, None)];
        tx.callers_keep(one, &rows).await.unwrap();
        tx.callers_keep(one, &rows).await.unwrap();
        tx.callers_keep(two, &rows[..1]).await.unwrap();
        let of = tx.callers_of(one, &texts(&["c2", "c9"])).await.unwrap();
        assert_eq!((of.len(), &of[0].caller, of[0].source), (1, &rich.caller, one));
        let mut with = tx.callers_with(&texts(&["+12015550101"]), &texts(&[&code(1).id])).await.unwrap();
        with.sort();
        assert_eq!(with, [(one, "+12015550101".to_owned()), (one, code(1).id), (two, "+12015550101".to_owned())]);
        let ids = |rows: Vec<store::CallerRow>| rows.into_iter().map(|row| row.provider_call_id).collect::<Vec<_>>();
        assert_eq!(ids(tx.callers_with_phone((one, "+12015550101"), "", 9).await.unwrap()), ["c1", "c2", "c3"]);
        assert_eq!(ids(tx.callers_with_phone((one, "+12015550101"), "c1", 1).await.unwrap()), ["c2"]);
        assert_eq!(ids(tx.callers_with_id((one, &code(1).id), "", 9).await.unwrap()), ["c2"]);
        assert_eq!(ids(tx.callers_sought(one, "", 9).await.unwrap()), ["c1", "c2", "c4"]);
        assert_eq!(ids(tx.callers_sought(one, "c1", 1).await.unwrap()), ["c2"]);
        tx.callers_drop(one, &texts(&["c1", "c2", "c4"])).await.unwrap();
        assert!(tx.callers_sought(one, "", 9).await.unwrap().is_empty());
        assert_eq!(tx.callers_sought(two, "", 9).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        assert!(!db.store.callers_are_sought(one).await.unwrap());
        assert!(db.store.callers_are_sought(two).await.unwrap());
    }

    async fn contacts_that_came_are_pending_until_they_are_done(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let mut tx = db.store.begin().await.unwrap();
        let change = tx.change_add(("ann", "entered contacts"), &[], at(5)).await.unwrap();
        tx.arrivals_add(change, &[(one, ContactId(3)), (two, ContactId(3))]).await.unwrap();
        tx.arrivals_add(change, &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.arrivals_sources().await.unwrap(), [one, two]);
        let pending = db.store.arrivals_pending(one).await.unwrap();
        assert_eq!((pending.len(), pending[0].contact, pending[0].change), (1, ContactId(3), change));
        let mut tx = db.store.begin().await.unwrap();
        tx.arrival_done(pending[0].id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(db.store.arrivals_pending(one).await.unwrap().is_empty());
        assert_eq!(db.store.arrivals_sources().await.unwrap(), [two]);
    }

    async fn calls_know_with_whom_they_were(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let ids = contacts(&db.store, acme, &["a", "b"]).await;
        write(&db.store, source, &[with(ids[0], placed(acme, call("c1", 1))), placed(acme, call("c2", 2))]).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.observations_add(source, 1, "poll", at(5), &[observation("c1", 1, b"1"), observation("c2", 1, b"2")]).await.unwrap();
        tx.commit().await.unwrap();
        let first = linked(&db.store, source, "c1").await;
        assert!(first.is_with(Some((ids[0], FoundBy::Phone))) && !first.is_with(None));
        let because = Because::AgentAssignment;
        assert!(first.is_at(Placement::Placed { account: acme, agent: None, because, decided_by: None }));
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_link(source, Some((ids[1], FoundBy::ExternalId)), &texts(&["c1", "c2"])).await.unwrap();
        assert_eq!(tx.calls_of_contacts(&ids).await.unwrap(), [(source, "c1".to_owned()), (source, "c2".to_owned())]);
        assert_eq!(tx.calls_placed(source, &texts(&["c2", "c9"])).await.unwrap().len(), 1);
        tx.commit().await.unwrap();
        let history = db.store.contact_calls(Scope::Operator, &ids, 9).await.unwrap();
        let listed: Vec<_> = history.iter().map(|call| (call.provider_call_id.as_str(), call.raw.as_slice())).collect();
        assert_eq!(listed, [("c2", b"2".as_slice()), ("c1", b"1")]);
        assert_eq!(history[0].contact_by.as_deref(), Some("external_id"));
        assert_eq!(db.store.contact_calls(Scope::Operator, &ids, 1).await.unwrap().len(), 1);
        let other = account(&db.store, "other").await;
        assert!(db.store.contact_calls(Scope::Account(other), &ids, 9).await.unwrap().is_empty());
        assert_eq!(db.store.contact_calls_count(&ids).await.unwrap(), [(ids[1], 2)]);
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_link(source, None, &texts(&["c1"])).await.unwrap();
        tx.commit().await.unwrap();
        assert!(linked(&db.store, source, "c1").await.is_with(None));
    }

    async fn an_erased_person_leaves_calls_without_words(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let ids = contacts(&db.store, acme, &["a"]).await;
        let mut new = with(ids[0], placed(acme, call("c1", 1)));
        new.call.to_mut().from = Some(Phone::new("(201) 555-0101", Country::US));
        write(&db.store, source, &[new, placed(acme, call("c2", 2))]).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.observations_add(source, 1, "poll", at(5), &[observation("c1", 1, b"1"), observation("c2", 1, b"2")]).await.unwrap();
        tx.contact_phones_add(&[phone(acme, ids[0], "+12015550101")]).await.unwrap();
        tx.contact_ids_add(&[NewExternalId { account: acme, contact: ids[0], external: code(1) }]).await.unwrap();
        tx.callers_keep(source, &[sought("c1", Some("+12015550101"), None)]).await.unwrap();
        tx.calls_erase(source, &texts(&["c1"]), b"gone", at(8)).await.unwrap();
        tx.contacts_erase(&ids, at(8)).await.unwrap();
        assert!(tx.contact_phones_of(&ids).await.unwrap().is_empty());
        assert!(tx.contact_ids_of(&ids).await.unwrap().is_empty());
        assert!(tx.callers_sought(source, "", 9).await.unwrap().is_empty());
        let row = tx.contacts_get(&ids).await.unwrap().pop().unwrap();
        assert_eq!((row.fields.is_empty(), row.erased_at), (true, Some(8)));
        let known = tx.calls_known(source, &["c1", "c2"]).await.unwrap();
        assert!(known["c1"].is_erased && !known["c2"].is_erased);
        tx.commit().await.unwrap();
        let key = |id: &str| CallKey { source, id: ProviderCallId(id.to_owned()) };
        let row = db.store.call_get(Scope::Operator, &key("c1")).await.unwrap().unwrap();
        assert_eq!((row.from_raw, row.from_e164, row.placement.as_str()), (None, None, "placed"));
        let kept = db.store.observations_of(Scope::Operator, &key("c1")).await.unwrap();
        assert_eq!(kept[0].raw, b"gone");
        let other = db.store.observations_of(Scope::Operator, &key("c2")).await.unwrap();
        assert_eq!(other[0].raw, b"2");
        assert_eq!(db.store.totals(Scope::Operator, source).await.unwrap().placed, 2);
    }

    /// Calls come and go between the look at a person's calls and the lock on them.
    async fn calls_with_a_number_are_found_before_and_confirmed_after_they_are_locked(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        let from = |mut new: NewCall<'static>| {
            new.call.to_mut().from = Some(Phone::new("(201) 555-0101", Country::US));
            new
        };
        let to = |mut new: NewCall<'static>| {
            new.call.to_mut().to = Some(Phone::new("(201) 555-0101", Country::US));
            new
        };
        let day = 86_400_000;
        write(&db.store, one, &[
            from(placed(acme, call("c1", 1))), to(placed(acme, call("c2", day * 40))),
            placed(acme, call("c3", 3)), from(placed(other, call("c4", 4))), from(call("c5", 5)),
        ]).await;
        let numbers = Numbers { account: acme, phones: texts(&["+12015550101", "+12015550102"]) };
        let ids = |ids: &[&str]| texts(ids).into_iter().collect::<std::collections::BTreeSet<_>>();
        let in_one = db.store.calls_with_numbers(one, &numbers).await.unwrap();
        let in_two = db.store.calls_with_numbers(two, &numbers).await.unwrap();
        assert_eq!((&in_one.ids, &in_two.ids), (&ids(&["c1", "c2"]), &ids(&[])));

        let because = Because::AgentAssignment;
        let leaves = Placement::Placed { account: other, agent: None, because, decided_by: None };
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_move(one, leaves, &["c1"]).await.unwrap();
        tx.commit().await.unwrap();
        write(&db.store, one, &[from(placed(acme, call("c6", day * 90))), placed(acme, call("c7", 7))]).await;
        write(&db.store, two, &[to(placed(acme, call("c1", 8)))]).await;
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.calls_still_with_numbers(&in_one, &numbers).await.unwrap(), ids(&["c2", "c6"]));
        assert_eq!(tx.calls_still_with_numbers(&in_two, &numbers).await.unwrap(), ids(&["c1"]));
    }

    async fn a_call_that_waits_for_its_contact_is_one_that_waits(db) {
        let source = source(&db.store, "s").await;
        let mut new = call("c1", 1);
        new.placement = Placement::Waiting { agent: None, reason: WaitingReason::ContactAmbiguous };
        write(&db.store, source, &[new]).await;
        let groups = db.store.waiting_groups(Scope::Operator, source).await.unwrap();
        assert_eq!(groups[0].reason, "contact_ambiguous");
    }
}
