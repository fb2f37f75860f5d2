//! Whoever places some calls again reads those by an index of their own, and never all of a source.

use std::sync::Arc;

use domain::{AgentId, AgentRef, Direction, Phone, Placement, SourceId, Tag, WaitingReason};
use store::{NewCall, Of, Part, Slice};
use testkit::{TestDb, on_both_databases};

use crate::samples::{account, at, call, placed, source, write};

const CALLS: i64 = 3_000;

/// As many as are moved in one transaction.
const BATCH: i64 = 2_000;

/// Fails unless calls of this kind are found by what tells them from others, `by`: a column that is
/// compared in the index, or else the index of just those.
async fn check(db: &Arc<TestDb>, source: SourceId, of: Of, by: &str) {
    let slice = Slice { source, of, from: at(10), to: at(CALLS) };
    let plan = db.store.slice_plan(&slice, BATCH).await.unwrap().join("\n");
    // SQLite names what it compares after the index; PostgreSQL says "Index Cond: (…)".
    let by_index = |line: &&str| {
        (line.contains("SEARCH calls USING INDEX")
            || line.contains("Index Cond:")
            || line.contains("Index Scan"))
            && line.contains(by)
    };
    assert!(plan.lines().any(|line| by_index(&line)), "{slice:?} is not found by {by}:\n{plan}");
    for all in ["SCAN calls", "Seq Scan", "calls_by_time", "calls_pkey", "sqlite_autoindex"] {
        assert!(!plan.contains(all), "{slice:?} is found by reading all calls:\n{plan}");
    }
    let some = db.store.slice_calls(&slice, None, CALLS).await.unwrap();
    assert!(!some.is_empty() && (some.len() as i64) < CALLS / 2, "{slice:?} has {}", some.len());
}

on_both_databases! {
    async fn every_kind_of_slice_is_found_by_an_index_of_its_own(db) {
        let source = source(&db.store, "s").await;
        let [acme, other] = [account(&db.store, "acme").await, account(&db.store, "other").await];
        let calls: Vec<NewCall> = (0..CALLS).map(|n| match n % 10 {
            0 => placed(acme, nth(n)),
            1 => placed(other, nth(n)),
            _ => nth(n),
        }).collect();
        write(&db.store, source, &calls).await;
        if db.store.engine() == store::Engine::Postgres {
            db.execute("ANALYZE").await;
        }
        let agent = |part| Of::Agent("agent 1".to_owned(), part);
        let waits = |reason: WaitingReason| reason.as_str().to_owned();
        let unassigned = waits(WaitingReason::AgentNotAssignedToUser);
        check(&db, source, agent(Part::Unplaced(unassigned)), "provider_agent_id").await;
        check(&db, source, agent(Part::Account(other)), "account_id").await;
        check(&db, source, Of::Nobody(waits(WaitingReason::NoAgentIdInCall)), "reason").await;
        // A reset date leaves out what is with an account, and takes in what it left out.
        check(&db, source, Of::Account(acme), "account_id").await;
        let out = domain::ExcludedReason::OutsideResetDate.as_str().to_owned();
        check(&db, source, agent(Part::Unplaced(out.clone())), "provider_agent_id").await;
        check(&db, source, Of::Nobody(out), "reason").await;
        check(&db, source, Of::Called("+12015550002".to_owned()), "to_e164").await;
        check(&db, source, Of::Calling("+12015550002".to_owned()), "from_e164").await;
        check(&db, source, Of::Campaign("campaign 3".to_owned()), "campaign").await;
        check(&db, source, Of::Tests, "tests").await;
    }
}

on_both_databases! {
    /// Whoever erases a person finds the calls with a number by the indexes that have numbers, however
    /// many calls the account has.
    async fn calls_of_a_person_are_found_by_their_number_and_not_by_their_account(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let calls: Vec<NewCall> = (0..CALLS).map(|n| placed(acme, nth(n))).collect();
        write(&db.store, source, &calls).await;
        if db.store.engine() == store::Engine::Postgres {
            db.execute("ANALYZE").await;
        }
        let plans = db.store.calls_with_numbers_plans(source, acme, "+12015550002").await.unwrap();
        for (plan, by) in plans.iter().zip(["to_e164", "from_e164"]) {
            let plan = plan.join("\n");
            let by_index = |line: &str| {
                (line.contains("SEARCH c USING INDEX") || line.contains("Index Cond:"))
                    && line.contains(by)
            };
            assert!(plan.lines().any(by_index), "not found by {by}:\n{plan}");
            for all in ["SCAN c", "Seq Scan on calls", "calls_by_time", "calls_of_account"] {
                assert!(!plan.contains(all), "found by reading all calls:\n{plan}");
            }
        }
    }
}

on_both_databases! {
    /// A provider tells one call of the year 9999, and one of 1970: between them are millions of days.
    async fn days_in_which_nobody_called_are_jumped_over(db) {
        let source = source(&db.store, "s").await;
        let day = 86_400_000;
        let absurd = 253_370_764_800_000;
        let places = [0, 3 * day, 20_000 * day, 20_001 * day + 5, absurd];
        let calls: Vec<NewCall> = (0..).zip(places).map(|(n, when)| {
            let mut new = nth(0);
            let call = new.call.to_mut();
            call.provider_call_id = domain::ProviderCallId(format!("c{n}"));
            call.occurred_at.at = domain::Timestamp::from_millis(when);
            new
        }).collect();
        write(&db.store, source, &calls).await;
        let of = Of::Called("+12015550000".to_owned());
        let slice = Slice { source, of, from: at(0), to: domain::Timestamp::MAX };
        let began = std::time::Instant::now();
        let all = db.store.slice_calls(&slice, None, 100).await.unwrap();
        let found: Vec<i64> = all.iter().map(|call| call.occurred_at).collect();
        assert_eq!(found, places);
        // Walking the days takes minutes; this is no measure of anything else.
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
        let some = db.store.slice_calls(&slice, Some((places[1], "c1")), 2).await.unwrap();
        let found: Vec<i64> = some.iter().map(|call| call.occurred_at).collect();
        assert_eq!(found, places[2..4]);
        let narrow = Slice { from: at(day), to: at(20_001 * day + 5), ..slice };
        let some = db.store.slice_calls(&narrow, None, 100).await.unwrap();
        let found: Vec<i64> = some.iter().map(|call| call.occurred_at).collect();
        assert_eq!(found, places[1..3]);
    }
}

/// One of many calls, which differ in all that a slice goes by.
fn nth(n: i64) -> NewCall<'static> {
    let phone = |e164: String| Some(Phone { raw: e164.clone(), e164: Some(e164) });
    let mut new = call(&format!("c{n:05}"), n);
    let call = new.call.to_mut();
    let (ours, theirs) =
        (phone(format!("+1201555000{}", n % 10)), phone("+12025550000".to_owned()));
    (call.direction, call.from, call.to) = match n % 4 {
        0 => (Some(Direction::Inbound), theirs, ours),
        _ => (Some(Direction::Outbound), ours, theirs),
    };
    call.campaign = Some(format!("campaign {}", n % 7));
    call.tags = if n % 50 == 0 { vec![Tag::TestCall] } else { vec![] };
    let named = (n % 3 != 0).then(|| format!("agent {}", n % 11));
    let agent = named.is_some().then_some(AgentId(n % 11));
    let (out, reason) = match (n % 13, agent) {
        (0, _) => (true, WaitingReason::NoAgentIdInCall),
        (_, None) => (false, WaitingReason::NoAgentIdInCall),
        (_, Some(_)) => (false, WaitingReason::AgentNotAssignedToUser),
    };
    call.agent = named.map(|provider_agent_id| AgentRef { provider_agent_id, is_deleted: false });
    let excluded = domain::ExcludedReason::OutsideResetDate;
    new.placement = if out {
        Placement::Excluded { reason: excluded, decided_by: None }
    } else {
        Placement::Waiting { agent, reason }
    };
    new
}
