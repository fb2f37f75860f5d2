//! Two sources that saw the same calls, each as well as its ledger proves it.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{RunStatus, Tolerances, Window};
use engine::compare::{
    CompareError, CompareOptions, CompareReport, OneSided, PairingFound, compare_with_source,
};
use simulators::world::line_sid;
use testkit::{Rig, on_both_databases};

use super::causes;
use crate::legs::{Two, read_whole};
use crate::play::{DAY, HOUR, MINUTE};

fn options(rig: &Rig) -> CompareOptions {
    let window = Window::new(rig.source.row.since, rig.ctx.now() - HOUR).ok();
    let tolerances = Tolerances { time: MINUTE, duration: MINUTE };
    CompareOptions { window, tolerances, ..CompareOptions::default() }
}

async fn with(rig: &Rig, other: &Rig, options: &CompareOptions) -> CompareReport {
    let lag = rig.source.connection.capabilities().lag;
    let requests = [rig, other].map(|it| it.provider.requests().len());
    let (row, beside) = (&rig.source.row, &other.source.row);
    let report = compare_with_source(&rig.ctx, row, beside, lag, options).await.unwrap();
    assert!(report.balances(), "{report:#?}");
    assert_eq!(requests, [rig, other].map(|it| it.provider.requests().len()), "nobody is asked");
    let run = rig.db.store.run_get(report.sync_log_id).await.unwrap().unwrap();
    run.accounts().balance().unwrap();
    assert_eq!(run.kind, "diagnostic");
    report
}

pub(super) async fn compared(rig: &Rig, other: &Rig) -> CompareReport {
    with(rig, other, &options(rig)).await
}

fn pairing(report: &CompareReport) -> PairingFound {
    report.pairing.clone().expect("two sources were paired")
}

fn ids(calls: &[OneSided]) -> BTreeSet<String> {
    calls.iter().map(|call| call.call_id.clone()).collect()
}

/// Takes a call out of the database.
pub(super) async fn lose(rig: &Rig, id: &str) {
    let (source, id) = (rig.source.row.id, id.replace('\'', "''"));
    let delete =
        format!("DELETE FROM calls WHERE source_id = {source} AND provider_call_id = '{id}'");
    rig.db.execute(&delete).await;
}

on_both_databases! {
    /// Conversations name the lines they went over: each is paired with its own, whatever else fits.
    async fn calls_that_name_each_other_are_paired_by_their_names(db) {
        let two = Two::lines(&db).await;
        two.read_both().await;
        only_named(&two).await;
        let report = compared(&two.naming, &two.named).await;
        let named = two.named().await.len() as u64;
        let found = pairing(&report);
        assert_eq!((found.by_id, found.by_number, found.legs), (named, 0, 0), "{report:#?}");
        assert_eq!((causes(&report), report.status), (String::new(), RunStatus::Success));
        assert_eq!(report.summary.matching + report.summary.differing, named);
        let beside = report.with_source.unwrap();
        assert_eq!((beside.name.as_str(), beside.provider), ("twilio", "twilio"));
        for call in &report.differing_calls {
            assert!(call.database_call_id.is_some(), "{call:#?}");
        }
    }

    /// Calls that share no name are paired by number and time, and with none but their own.
    async fn calls_without_a_shared_name_are_paired_by_number_and_time(db) {
        let two = Two::set(&db, "highlevel_voice_ai", "twilio").await;
        two.read_both().await;
        let report = compared(&two.naming, &two.named).await;
        let lines = two.named.calls().await;
        let calls = two.naming.calls().await;
        // An inbound line shows the caller, as the agent's call does.
        let is_same = |id: &str| {
            let (call, line) = (&calls[id], &lines[&line_sid(id)]);
            line.from_e164.is_some() && call.from_e164 == line.from_e164
        };
        let expected: BTreeSet<String> =
            calls.keys().filter(|id| !is_same(id)).cloned().collect();
        assert!(expected.len() < calls.len() / 2 + 15, "{expected:?}");
        let missing: BTreeSet<String> = expected.iter().map(|id| line_sid(id)).collect();
        assert_eq!(ids(&report.missing_calls), missing);
        // Of whoever shows no number nobody can say whether a line of theirs is there.
        let extra = expected.iter().filter(|id| calls[*id].from_e164.is_some());
        assert_eq!(ids(&report.extra_calls), extra.cloned().collect());
        let found = pairing(&report);
        assert_eq!(found.by_number, (calls.len() - expected.len()) as u64);
        assert_eq!((found.by_id, found.ambiguous, report.summary.unexplained), (0, 0, 0));
    }

    /// Whichever source is asked, the same calls are on one side only.
    async fn swapping_the_sources_mirrors(db) {
        let two = Two::lines(&db).await;
        two.read_both().await;
        let named = two.named().await;
        let mut some = named.into_iter().skip(3);
        let (call, _) = some.next().unwrap();
        let (_, line) = some.next().unwrap();
        lose(&two.naming, &call).await;
        lose(&two.named, &line).await;
        let one = compared(&two.naming, &two.named).await;
        let other = compared(&two.named, &two.naming).await;
        assert_eq!(one.summary.matching, other.summary.matching);
        assert_eq!(ids(&one.missing_calls), ids(&other.extra_calls));
        assert_eq!(ids(&one.extra_calls), ids(&other.missing_calls));
        assert!(!one.missing_calls.is_empty() && !one.extra_calls.is_empty());
    }

    /// A call that one source saw and the other's whole list leaves out is named with what shows it.
    async fn what_only_one_source_saw_is_named(db) {
        let two = Two::lines(&db).await;
        two.naming.sync().await;
        let day_ago = (two.naming.ctx.now() - DAY).as_millis();
        let (calls, named) = (two.naming.calls().await, two.named().await);
        let old = named.iter().find(|(call, _)| calls[*call].occurred_at < day_ago).unwrap();
        assert!(two.named.provider.remove(old.1));
        read_whole(&two.named).await;
        only_named(&two).await;
        let report = compared(&two.naming, &two.named).await;
        assert_eq!(causes(&report), "extra 1 not_in_provider_response");
        assert_eq!(&report.extra_calls[0].call_id, old.0);
        let report = compared(&two.named, &two.naming).await;
        assert_eq!(causes(&report), "missing 1 not_in_provider_response");
        let missing = &report.missing_calls[0];
        assert_eq!(&missing.call_id, old.0);
        assert!(missing.evidence.starts_with("elevenlabs has it"), "{}", missing.evidence);
    }

    /// Where one of the two has not proved its list, nothing is missing: nobody could look.
    async fn where_one_source_has_not_looked_nothing_is_missing(db) {
        let two = Two::lines(&db).await;
        read_whole(&two.naming).await;
        let calls = two.naming.calls().await.len() as u64;
        let report = compared(&two.naming, &two.named).await;
        assert_eq!((causes(&report), report.status), (String::new(), RunStatus::Failed));
        assert_eq!(report.summary.could_not_look, calls);
        assert!(!report.could_look());
        assert!(report.doubts[0].contains("`twilio` has not proved its list"), "{report:#?}");
        let report = compared(&two.named, &two.naming).await;
        assert_eq!((causes(&report), pairing(&report).could_not_look), (String::new(), calls));
        assert_eq!(report.summary.provider_total, 0);
    }

    /// Two lines of one call and one conversation of it: the further line is no missing call.
    async fn a_leg_of_a_call_kept_as_one_is_merged(db) {
        let two = Two::busy_lines(&db, 7).await;
        two.read_both().await;
        only_named(&two).await;
        let (leg, parent) = further_leg(&two).await;
        let report = compared(&two.naming, &two.named).await;
        assert_eq!(causes(&report), "missing 1 merged");
        assert_eq!((report.missing_calls[0].call_id.as_str(), pairing(&report).legs), (leg.as_str(), 1));
        let evidence = &report.missing_calls[0].evidence;
        assert!(evidence.contains(&parent), "{evidence}");
        let report = compared(&two.named, &two.naming).await;
        assert_eq!(causes(&report), "extra 1 merged");
    }

    /// One account: its calls of either source, wherever the other half is placed.
    async fn an_account_is_compared_by_what_is_placed_with_it(db) {
        let two = Two::lines(&db).await;
        two.read_both().await;
        only_named(&two).await;
        let account = all_to(&two.naming, "Maple").await;
        let options = CompareOptions { account: Some(account.clone()), ..options(&two.naming) };
        let report = with(&two.naming, &two.named, &options).await;
        let calls = two.naming.calls().await;
        let own = calls.values().filter(|call| call.account.as_deref() == Some("Maple")).count();
        assert!(own > 10 && own < calls.len(), "{own}");
        assert_eq!(report.summary.database_total, own as u64);
        assert_eq!((report.summary.matching + report.summary.differing, causes(&report)), (own as u64, String::new()));
        let beside = report.summary.of_no_account.unwrap();
        assert_eq!(usize::try_from(beside).unwrap(), two.named.calls().await.len() - own);
    }

    async fn a_source_is_not_compared_with_itself(db) {
        let two = Two::lines(&db).await;
        let (rig, far) = (&two.naming, Duration::ZERO);
        let row = &rig.source.row;
        let refused = compare_with_source(&rig.ctx, row, row, far, &options(rig)).await;
        assert!(matches!(refused, Err(CompareError::WithItself { .. })), "{refused:?}");
    }
}

/// Loses the conversation of a line that is a leg of another; gives the leg, and the conversation
/// of the other line.
pub(super) async fn further_leg(two: &Two) -> (String, String) {
    let named = two.named().await;
    let by_line = |line: &str| named.iter().find(|(_, of)| *of == line).map(|(id, _)| id.clone());
    let legs = two.named.ctx.store.calls_with_aliases(
        store::Scope::Operator,
        two.named.source.row.id,
        Window::new(two.named.source.row.since, two.named.ctx.now()).unwrap(),
        None,
        10_000,
    );
    let legs = legs.await.unwrap();
    let leg = legs.iter().find_map(|leg| {
        let parent = leg.aliases.iter().find(|alias| alias.kind == "twilio_parent_call")?;
        let of = by_line(&parent.id)?;
        let own = by_line(&leg.provider_call_id)?;
        let has_own = legs
            .iter()
            .any(|other| other.aliases.iter().any(|alias| alias.id == leg.provider_call_id));
        (!has_own).then(|| (leg.provider_call_id.clone(), own, of))
    });
    let (leg, own, of) = leg.expect("some line is a leg of another");
    lose(&two.naming, &own).await;
    (leg, of)
}

/// Takes out of the database the conversations that went over no line, and the lines of which no
/// conversation speaks.
pub(super) async fn only_named(two: &Two) {
    let named = two.named().await;
    for id in two.naming.calls().await.keys().filter(|id| !named.contains_key(*id)) {
        lose(&two.naming, id).await;
    }
    let lines: BTreeSet<&String> = named.values().collect();
    for id in two.named.calls().await.keys().filter(|id| !lines.contains(*id)) {
        lose(&two.named, id).await;
    }
}

/// Lines that are legs of others, and those others.
pub(super) async fn lines_of_several(two: &Two) -> BTreeSet<String> {
    let (store, source) = (&two.named.ctx.store, two.named.source.row.id);
    let window = Window::new(two.named.source.row.since, two.named.ctx.now()).unwrap();
    let all = store.calls_with_aliases(store::Scope::Operator, source, window, None, 10_000);
    let legs = all.await.unwrap().into_iter().filter(|line| !line.aliases.is_empty());
    legs.flat_map(|line| {
        let others = line.aliases.into_iter().map(|alias| alias.id);
        others.chain([line.provider_call_id]).collect::<Vec<_>>()
    })
    .collect()
}

/// Gives every agent of a source to an account.
async fn all_to(rig: &Rig, name: &str) -> store::AccountRow {
    engine::agents::agents_fetch(&rig.ctx, &rig.source).await.unwrap();
    let (store, now) = (&rig.ctx.store, rig.ctx.now());
    let mut tx = store.begin().await.unwrap();
    let account = tx.account_ensure(name, now).await.unwrap();
    tx.commit().await.unwrap();
    for agent in store.agents_list(rig.source.row.id, now).await.unwrap() {
        let assignment = engine::place::for_ever(domain::AgentId(agent.agent_id), account.id);
        engine::place::assign(store, assignment, "a person", now).await.unwrap();
    }
    store.account_by_name(name).await.unwrap().unwrap()
}
