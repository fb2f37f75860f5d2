use proptest::prelude::*;

use super::*;
use crate::samples::hour;

fn source() -> StatedSource {
    let day = |from, calls| StatedDay {
        from,
        calls,
        by_status: BTreeMap::from([("completed".to_owned(), calls)]),
        digest: "00".to_owned(),
    };
    StatedSource {
        source: "maple".to_owned(),
        provider: ProviderKind::Teli,
        scope: "organisation o".to_owned(),
        calls: 7,
        days: vec![day(hour("00"), 7)],
        wanted_ms: 7_200_000,
        ms_by_proof: BTreeMap::from([(Proof::Settled, 7_200_000)]),
        unproved: Vec::new(),
        waiting: BTreeMap::new(),
        excluded: BTreeMap::from([("test calls".to_owned(), 3)]),
        set_aside: 0,
        comparisons: Vec::new(),
        compared_ms: 7_200_000,
        runs: StatedRuns { count: 0, last: None, chain: Chain::START.hex() },
    }
}

fn of(sources: Vec<StatedSource>) -> Statement {
    let (verdict, because) = judge(&sources);
    Statement {
        format: STATEMENT_FORMAT,
        account: StatedAccount {
            name: "Maple".to_owned(),
            external_id: None,
            calls_reset_at: None,
        },
        from: hour("00"),
        to: hour("02"),
        made_at: hour("20"),
        calls: sources.iter().map(|source| source.calls).sum(),
        assumptions: assumptions(sources.iter().map(|source| source.provider)),
        sources,
        verdict,
        because,
    }
}

fn judged(change: impl Fn(&mut StatedSource)) -> (Verdict, String) {
    let mut changed = source();
    change(&mut changed);
    let (verdict, because) = judge(&[source(), changed]);
    (verdict, because.join("; "))
}

fn check(change: impl Fn(&mut StatedSource), verdict: Verdict, because: &str) {
    assert_eq!(judged(change), (verdict, because.to_owned()));
}

#[test]
fn what_is_proved_settled_compared_and_placed_is_complete() {
    check(|_| {}, Verdict::Complete, "");
    assert_eq!(contradictions(&of(vec![source()])), Vec::<String>::new());
}

#[test]
fn nothing_looked_at_is_never_complete() {
    assert_eq!(judge(&[]).0, Verdict::NotProved);
    let nothing = |it: &mut StatedSource| {
        (it.wanted_ms, it.compared_ms) = (0, 0);
        it.ms_by_proof.clear();
    };
    let why = "maple: no part of the period was to be proved yet";
    check(nothing, Verdict::NotProved, why);
}

#[test]
fn what_is_not_proved_or_not_explained_is_said_first() {
    let unproved = |it: &mut StatedSource| {
        it.ms_by_proof = BTreeMap::from([
            (Proof::Settled, 3_600_000),
            (Proof::Unreachable, 3_599_999),
            (Proof::Unread, 1),
        ]);
        it.set_aside = 2;
    };
    let why =
        "maple: 1 h of the period are not proved; maple: 2 records could not be read and are kept";
    check(unproved, Verdict::NotProved, why);
    let compared = |it: &mut StatedSource| {
        it.comparisons = vec![StatedComparison {
            run: RunId(4),
            at: hour("10"),
            from: hour("00"),
            to: hour("02"),
            is_whole: true,
            missing: 9,
            extra: 2,
            unexplained: 1,
        }];
    };
    let why = "maple: comparisons found 9 calls that only the provider has; \
               maple: a comparison left 1 differences unexplained";
    check(compared, Verdict::NotProved, why);
}

#[test]
fn what_is_open_is_a_reservation() {
    let waiting = |it: &mut StatedSource| {
        it.waiting = BTreeMap::from([("agent_not_in_system".to_owned(), 2), ("x".to_owned(), 1)]);
    };
    let why = "maple: 3 calls wait to be placed (2 agent_not_in_system, 1 x)";
    check(waiting, Verdict::ProvedWithReservations, why);
    let young = |it: &mut StatedSource| {
        it.ms_by_proof = BTreeMap::from([(Proof::Listed, 60_000), (Proof::Settled, 7_140_000)]);
    };
    let why = "maple: 1 min were listed and may still change at the provider";
    check(young, Verdict::ProvedWithReservations, why);
    let not_compared = |it: &mut StatedSource| it.compared_ms = 3_600_000;
    let why = "maple: 1 h were not compared with the provider";
    check(not_compared, Verdict::ProvedWithReservations, why);
}

#[test]
fn whatever_number_is_changed_somebody_without_the_database_sees_it() {
    let whole = of(vec![source()]);
    let changes: [fn(&mut Statement); 9] = [
        |it| it.calls += 1,
        |it| it.sources[0].calls += 1,
        |it| it.sources[0].days[0].calls += 1,
        |it| it.sources[0].wanted_ms += 1,
        |it| it.sources[0].days[0].from = it.to,
        |it| it.verdict = Verdict::NotProved,
        |it| it.because.push("x".to_owned()),
        |it| it.assumptions.clear(),
        |it| it.format += 1,
    ];
    for (nth, change) in changes.into_iter().enumerate() {
        let mut untrue = whole.clone();
        change(&mut untrue);
        assert_ne!(contradictions(&untrue), Vec::<String>::new(), "change {nth}");
    }
}

#[test]
fn a_statement_reads_back_as_it_was_written() {
    let whole = of(vec![source()]);
    let text = serde_json::to_string(&whole).expect("it has a JSON form");
    let read: Statement = serde_json::from_str(&text).expect("it is one");
    assert_eq!(read, whole);
    let more = text.replacen('{', "{\"more\":1,", 1);
    assert!(serde_json::from_str::<Statement>(&more).is_err(), "nothing unsaid is let in");
}

fn run(id: i64, new: u64, parameters: &str) -> ChainedRun {
    ChainedRun {
        id: RunId(id),
        kind: "auto".to_owned(),
        status: "success".to_owned(),
        started_at: hour("01"),
        finished_at: hour("02"),
        accounts: crate::RunAccounts { listed: new, new, ..crate::RunAccounts::default() },
        parameters: parameters.to_owned(),
    }
}

fn chain(runs: &[ChainedRun]) -> Chain {
    runs.iter().fold(Chain::START, Chain::with)
}

proptest! {
    #[test]
    fn no_run_is_changed_left_out_or_moved_without_changing_the_chain(
        news in prop::collection::vec(0_u64..3, 2..6), at: prop::sample::Index,
    ) {
        let runs: Vec<ChainedRun> = (0..).zip(&news).map(|(id, new)| run(id, *new, "{}")).collect();
        let (whole, nth) = (chain(&runs), at.index(runs.len()));
        let with = |change: fn(&mut ChainedRun)| {
            let mut changed = runs.clone();
            change(&mut changed[nth]);
            chain(&changed)
        };
        prop_assert_ne!(with(|run| run.accounts.new += 1), whole);
        prop_assert_ne!(with(|run| run.status = "partial".to_owned()), whole);
        prop_assert_ne!(with(|run| run.parameters.push(' ')), whole);
        let mut fewer = runs.clone();
        fewer.remove(nth);
        prop_assert_ne!(chain(&fewer), whole);
        let mut moved = runs.clone();
        moved.swap(nth, (nth + 1) % runs.len());
        prop_assert_ne!(chain(&moved), whole);
    }
}
