//! Rules of a source: what is kept of them, and the index by which each kind finds its calls.

use domain::{
    AccountId, Direction, Phone, Placement, Rule, RuleEdit, RuleKey, SourceId, Tag, Timestamp,
    Verdict,
};
use store::{NewCall, Of, PlacedCall, Slice, Store};
use testkit::on_both_databases;

use crate::samples::{account, at, call, source, write};

const OURS: &str = "+12015550100";
const THEIRS: &str = "+12015550199";

fn phone(e164: &str) -> Phone {
    Phone { raw: e164.to_owned(), e164: Some(e164.to_owned()) }
}

/// A call between two numbers, of a campaign.
fn between(id: &str, direction: Option<Direction>, from: &str, to: &str) -> NewCall<'static> {
    let mut new = call(id, 1);
    let call = new.call.to_mut();
    (call.direction, call.from, call.to) = (direction, Some(phone(from)), Some(phone(to)));
    call.campaign = Some("SALES".to_owned());
    new
}

async fn ids(store: &Store, source: SourceId, of: Of) -> Vec<String> {
    let slice = Slice { source, of, from: at(0), to: at(9) };
    let calls = store.slice_calls(&slice, None, 9).await.unwrap();
    calls.into_iter().map(|PlacedCall { provider_call_id, .. }| provider_call_id).collect()
}

fn rule(account: AccountId) -> Rule {
    let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
    let key = RuleKey::Number(OURS.to_owned());
    Rule { id: None, key, verdict: Verdict::Place(account), valid_from, valid_to }
}

on_both_databases! {
    async fn a_slice_by_number_campaign_or_test_has_those_calls_only(db) {
        let source = source(&db.store, "s").await;
        let mut test = call("test", 1);
        test.call.to_mut().tags = vec![Tag::TestCall];
        write(&db.store, source, &[
            between("in", Some(Direction::Inbound), THEIRS, OURS),
            between("not ours", Some(Direction::Inbound), OURS, THEIRS),
            between("out", Some(Direction::Outbound), OURS, THEIRS),
            between("unknown", None, OURS, THEIRS),
            test,
        ]).await;
        let of = |of: Of| ids(&db.store, source, of);
        assert_eq!(of(Of::Called(OURS.to_owned())).await, ["in"]);
        assert_eq!(of(Of::Calling(OURS.to_owned())).await, ["out", "unknown"]);
        assert_eq!(of(Of::Called(THEIRS.to_owned())).await, ["not ours", "unknown"]);
        assert_eq!(of(Of::Campaign("SALES".to_owned())).await.len(), 4);
        assert_eq!(of(Of::Campaign("OTHER".to_owned())).await.len(), 0);
        assert_eq!(of(Of::Tests).await, ["test"]);
        assert_eq!(of(Of::Nobody("no_agent_id_in_call".to_owned())).await.len(), 5);
        let groups = db.store.unplaced_groups(source).await.unwrap();
        assert_eq!(groups, [("no_agent_id_in_call".to_owned(), None)]);
        assert_eq!(db.store.excluded_counts(source).await.unwrap(), []);
    }

    async fn calls_of_a_number_are_paged_over_days_without_any(db) {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let source = source(&db.store, "s").await;
        // Three on one day, one much later, two of the same instant after a year.
        let times = [3 * DAY, 3 * DAY + 1, 4 * DAY - 1, 40 * DAY, 400 * DAY, 400 * DAY];
        let calls = times.iter().enumerate().map(|(n, at)| {
            let mut new = between(&format!("c{n}"), Some(Direction::Inbound), THEIRS, OURS);
            new.call.to_mut().occurred_at = call("", *at).call.occurred_at.clone();
            new
        });
        write(&db.store, source, &calls.collect::<Vec<_>>()).await;
        let of = Of::Called(OURS.to_owned());
        let slice = |from, to| Slice { source, of: of.clone(), from: at(from), to: at(to) };
        for count in 1..=7 {
            let (mut ids, mut after) = (Vec::new(), None::<(i64, String)>);
            loop {
                let place = after.as_ref().map(|(at, id)| (*at, id.as_str()));
                let page = db.store.slice_calls(&slice(i64::MIN, i64::MAX), place, count).await.unwrap();
                let Some(last) = page.last() else { break };
                assert!(page.len() as i64 <= count);
                after = Some((last.occurred_at, last.provider_call_id.clone()));
                ids.extend(page.into_iter().map(|call| call.provider_call_id));
            }
            assert_eq!(ids, ["c0", "c1", "c2", "c3", "c4", "c5"], "{count} a page");
        }
        let some = db.store.slice_calls(&slice(3 * DAY + 1, 400 * DAY), None, 9).await.unwrap();
        let some: Vec<String> = some.into_iter().map(|call| call.provider_call_id).collect();
        assert_eq!(some, ["c1", "c2", "c3"], "from its first instant to before its last");
    }

    async fn a_campaign_is_written_where_none_is_known(db) {
        let [one, two] = [source(&db.store, "one").await, source(&db.store, "two").await];
        for source in [one, two] {
            write(&db.store, source, &[between("has", None, THEIRS, OURS), call("c", 1), call("d", 1)]).await;
        }
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_campaigns_set(one, &[("c", "SPRING"), ("has", "SPRING"), ("none", "SPRING")]).await.unwrap();
        tx.commit().await.unwrap();
        let of = |source, name: &str| ids(&db.store, source, Of::Campaign(name.to_owned()));
        assert_eq!(of(one, "SPRING").await, ["c"]);
        assert_eq!(of(one, "SALES").await, ["has"], "what is known stays");
        assert_eq!(of(two, "SPRING").await.len(), 0);
    }

    async fn what_is_left_out_is_counted_by_reason(db) {
        let source = source(&db.store, "s").await;
        let mut new = call("c", 1);
        let reason = domain::ExcludedReason::ExcludedByRule;
        new.placement = Placement::Excluded { reason, decided_by: Some(7) };
        write(&db.store, source, &[new]).await;
        let counts = db.store.excluded_counts(source).await.unwrap();
        assert_eq!(counts, [("excluded_by_rule".to_owned(), 1)]);
    }

    async fn a_rule_is_kept_cut_and_withdrawn_and_the_rules_move(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let mut tx = db.store.begin().await.unwrap();
        let before = tx.rules_version(source).await.unwrap();
        let leaves_out = Rule { key: RuleKey::TestCalls, verdict: Verdict::Exclude, ..rule(acme) };
        let edits = [RuleEdit::Add(rule(acme)), RuleEdit::Add(leaves_out)];
        tx.rules_edit(source, &edits, "ann", at(3)).await.unwrap();
        assert!(tx.rules_version(source).await.unwrap() > before);
        let held = tx.rules_load(source).await.unwrap().of_source().to_vec();
        assert_eq!(held.len(), 2);
        assert_eq!(held[0], Rule { id: held[0].id, ..rule(acme) });
        let (first, second) = (held[0].id.unwrap(), held[1].id.unwrap());
        let edits = [
            RuleEdit::Cut { id: first, valid_to: at(9) },
            RuleEdit::Withdraw { id: second },
        ];
        tx.rules_edit(source, &edits, "bob", at(4)).await.unwrap();
        let held = tx.rules_load(source).await.unwrap().of_source().to_vec();
        assert_eq!((held.len(), held[0].valid_to), (1, at(9)));
        tx.commit().await.unwrap();
        let row = db.store.rule_row(source, first.0).await.unwrap().unwrap();
        assert_eq!((row.kind.as_str(), row.key.as_str()), ("number", OURS));
        assert_eq!((row.account.as_deref(), row.created_by.as_str()), (Some("acme"), "ann"));
        assert_eq!(db.store.rule_row(SourceId(source.0 + 1), first.0).await.unwrap(), None);
        assert_eq!(db.number("SELECT COUNT(*) FROM rules WHERE ended_by = 'bob'").await, 1);
    }
}
