//! A temporary store filled through its own door: ninety days of two sources.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    AgentId, AgentRef, Assignment, Because, Call, CallStatus, Capabilities, Clock, ContentHash,
    Country, Covered, Direction, ExcludedReason, Level, Mark, Phone, Placement, ProviderCallId,
    ProviderKind, ProviderTime, RunAccounts, RunId, RunKind, RunStatus, SourceId, Tiers, Timestamp,
    WaitingReason, Window,
};
use store::{
    LogLine, NewCall, NewPage, NewSetAside, NewSkip, RunEnd, RunProgress, SeenAgent, Store, Tx,
};

/// The present of every sample.
pub const NOW: &str = "2026-11-21T13:05:00Z";
/// Calls of the sample's first source.
pub const CALLS: u64 = 1200;

/// A clock that stands still.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// An instant the sample names.
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_human(text).expect("the sample names an instant")
}

/// A state over an empty store in this folder.
pub async fn empty(folder: &std::path::Path) -> web::State {
    let url = format!("sqlite://{}", folder.join("calls.db").display());
    let store = Store::open(&url).await.expect("a fresh file can be opened");
    over(store)
}

/// What the sample's providers can answer.
fn able() -> Capabilities {
    Capabilities {
        window_max: Duration::from_hours(24),
        window_min: Duration::from_mins(1),
        window_calls_max: u64::MAX,
        margin: Duration::ZERO,
        lag: Duration::ZERO,
        tiers: Tiers::new(Vec::new()),
        patience: Duration::ZERO,
    }
}

/// A state over this store.
pub fn over(store: Store) -> web::State {
    let office = testkit::office(&store, at(NOW));
    web::State {
        store,
        clock: Arc::new(Still(at(NOW))),
        notice: None,
        read: Arc::new(|_source, _record| None),
        known: Arc::new(|_source| web::Known {
            capabilities: able(),
            grace: Duration::ZERO,
            rhythm: None,
            budget: None,
        }),
        limits: web::Limits::default(),
        entrance: Arc::new(web::Entrance::without_sign_in().expect("there is randomness")),
        office,
    }
}

/// What people and providers named.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub sources: [&'a str; 2],
    pub account: &'a str,
    pub agents: [&'a str; 3],
}

/// Names as they are every day.
pub const USUAL: Names<'static> = Names {
    sources: ["main", "west"],
    account: "Northwind Dental",
    agents: ["Receptionist – ENG", "Recepción – ESP", "After hours"],
};

/// A state over a store with ninety days; the unassigned agent has the given name.
pub async fn usual(folder: &std::path::Path, unassigned: &str) -> web::State {
    let state = empty(folder).await;
    let [first, second, _] = USUAL.agents;
    fill(&state.store, &Names { agents: [first, second, unassigned], ..USUAL }).await;
    state
}

/// Ninety days of two sources.
pub async fn fill(store: &Store, names: &Names<'_>) {
    let mut tx = store.begin().await.expect("nobody else writes");
    let main = source(&mut tx, names.sources[0], "2026-08-24").await;
    let west = source(&mut tx, names.sources[1], "2026-10-01").await;
    let account = tx.account_ensure(names.account, at(NOW)).await.expect("it is new").id;
    let seen = |(i, name): (usize, &&str)| SeenAgent {
        provider_agent_id: format!("agent-{i}"),
        name: (*name).to_owned(),
        inbound_number: None,
    };
    let seen: Vec<SeenAgent> = names.agents.iter().enumerate().map(seen).collect();
    tx.agents_see(main, &seen, at(NOW)).await.expect("they are new");
    for agent in [AgentId(1), AgentId(2)] {
        let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
        let assignment = Assignment { agent, account, valid_from, valid_to };
        tx.assignment_add(&assignment, "sample", at(NOW)).await.expect("it is new");
    }
    for (source, count) in [(main, CALLS), (west, CALLS / 4)] {
        let run = runs(&mut tx, source, count).await;
        let calls: Vec<NewCall> = (0..count).map(|n| call(n, source, account)).collect();
        tx.calls_write(source, run.0, "poll", at(NOW), &calls).await.expect("they are new");
        cover(&mut tx, source, run).await;
    }
    let unread = NewSetAside {
        content_hash: ContentHash::from_bytes([7; 16]),
        provider_call_id: None,
        why: "the record has no id".to_owned(),
        dictionary_id: 0,
        raw: b"{}".to_vec(),
    };
    tx.set_aside_add(main, 1, at(NOW), &[unread]).await.expect("it is new");
    tx.commit().await.expect("there is room");
}

/// A comparison of a source: 103 calls are missing, and one of them nobody can explain.
pub async fn compared(store: &Store, source: &str) -> RunId {
    let kept = r#"{"source":"west","summary":{"dateRange":{"from":"2026-11-01T00:00:00Z","to":"2026-11-02T00:00:00Z"},
        "providerTotal":245,"databaseTotal":142,"matching":140,"differing":2,"missingInDatabase":103,
        "extraInDatabase":0,"unexplained":1},"proof":{"provider":"whole"},
        "missingCalls":[{"callId":"=1+1","status":"completed","agentId":"a","agentStatus":"agent_not_in_system",
        "reason":"unexplained","evidence":"nothing","nextStep":"look","callDate":"2026-11-01T05:00:00Z"}],
        "differingCalls":[],"reasonBreakdown":{"window_never_read":102,"unexplained":1},"extraBreakdown":{},
        "agentAnalysis":{"unassignedAgents":[{"agentId":"a","name":null,"inSystem":false,"callCount":9}]},"doubts":[]}"#;
    ended(store, source, RunStatus::Success, kept).await
}

/// A comparison of a source that ended like this, with what is kept of it.
pub async fn ended(store: &Store, source: &str, status: RunStatus, kept: &str) -> RunId {
    let source = store.source_by_name(source).await.expect("it answers").expect("it is there");
    let mut tx = store.begin().await.expect("nobody else writes");
    let run = tx.run_start(source.id, RunKind::Diagnostic, "{}", at(NOW)).await.expect("it is new");
    tx.run_finish(run, RunEnd::new(status, kept, None), at(NOW)).await.expect("it is under way");
    tx.commit().await.expect("it is written");
    run
}

/// A source whose history starts on this day.
pub async fn source(tx: &mut Tx, name: &str, since: &str) -> SourceId {
    let made = tx.source_ensure(name, ProviderKind::HighlevelVoiceAi, "loc", at(since), at(NOW));
    made.await.expect("it is new").id
}

fn call(n: u64, source: SourceId, account: domain::AccountId) -> NewCall<'static> {
    let minutes = n * 97 % (51 * 1440);
    let happened = at(NOW) - Duration::from_mins(minutes + 20);
    let (agent, placement) = match n % 40 {
        0 | 1 => {
            let reason = WaitingReason::AgentNotAssignedToUser;
            (Some(2), Placement::Waiting { agent: Some(AgentId(3)), reason })
        }
        2 => {
            let reason = WaitingReason::NoAgentIdInCall;
            (None, Placement::Waiting { agent: None, reason })
        }
        3 => (
            Some(0),
            Placement::Excluded { reason: ExcludedReason::OutsideResetDate, decided_by: None },
        ),
        n => {
            let agent = Some(AgentId(1 + i64::try_from(n % 2).expect("it is small")));
            (
                Some(n % 2),
                Placement::Placed {
                    account,
                    agent,
                    because: Because::AgentAssignment,
                    decided_by: None,
                },
            )
        }
    };
    let number = |n: u64| Some(Phone::new(&format!("+1201555{:04}", n % 10_000), Country::US));
    let call = Call {
        duration: Some(Duration::from_secs(20 + n * 37 % 600)),
        direction: Some(Direction::Inbound),
        status: if n.is_multiple_of(9) { CallStatus::NoAnswer } else { CallStatus::Completed },
        from: number(n * 7919),
        to: number(100),
        agent: agent
            .map(|n| AgentRef { provider_agent_id: format!("agent-{n}"), is_deleted: false }),
        ..Call::bare(
            ProviderCallId(format!("call-{source}-{n:05}")),
            ProviderTime { at: happened, text: happened.to_string() },
        )
    };
    NewCall::first(Cow::Owned(call), placement, ContentHash::from_bytes([1; 16]))
}

/// Six runs of a source, of which the first reads its history and one fails; returns the last.
async fn runs(tx: &mut Tx, source: SourceId, count: u64) -> RunId {
    let mut last = RunId(0);
    for n in 0..6_u64 {
        let began = at(NOW) - Duration::from_hours(6 - n);
        let kind = if n == 0 { RunKind::Manual } else { RunKind::Auto };
        let asked = r#"{"source":"main","provider":"highlevel_voice_ai","from":null,"to":null,"dryRun":false}"#;
        let run = tx.run_start(source, kind, asked, began).await.expect("it is new");
        let is_bad = n == 3;
        let accounts = match n {
            0 => RunAccounts {
                listed: count + 41,
                new: count,
                repeated: 40,
                set_aside: 1,
                ..RunAccounts::default()
            },
            _ if is_bad => RunAccounts::default(),
            _ => RunAccounts {
                listed: 24 + n,
                updated: 3,
                unchanged: 20 + n,
                repeated: 1,
                ..RunAccounts::default()
            },
        };
        let progress = RunProgress {
            accounts,
            waiting: accounts.new / 13,
            excluded: accounts.new / 40,
            skip_reasons: r#"{"agent_not_assigned_to_user":60,"no_agent_id_in_call":30}"#
                .to_owned(),
            pages: accounts.listed.div_ceil(50),
            windows_planned: 3,
            windows_proved: if is_bad { 0 } else { 3 },
        };
        tx.run_progress(run, &progress).await.expect("it balances");
        tell(tx, run, began).await;
        let end = if is_bad {
            let hint = Some("run `everycall doctor`; the next run reads the window again");
            let error = Some("the provider did not answer page 1");
            RunEnd { hint, ..RunEnd::new(RunStatus::Failed, "{}", error) }
        } else {
            RunEnd::new(RunStatus::Success, LEFT, None)
        };
        let ended = began + Duration::from_millis(840 + n * 1310);
        tx.run_finish(run, end, ended).await.expect("it is under way");
        last = run;
    }
    last
}

/// What a run leaves of how it was answered.
const LEFT: &str = r#"{"concurrency":16,"contactsMade":0,"windowsLeft":0,"peakBytes":48300000,
    "traffic":{"answers":{"200":31,"429":1},"unanswered":0,"sentAgain":1,"bytes":2400000,"waitedMs":1700}}"#;

async fn tell(tx: &mut Tx, run: RunId, began: Timestamp) {
    let said = [
        ("INIT", "info", "Reading main"),
        ("API", "info", "The provider lists 3 agents, 0 of them new"),
        ("API", "warn", "Page 2 came again; asked once more"),
        ("COMPLETE", "info", "Done: the accounts balance; 3 of 3 windows proved"),
    ];
    let line = |(seq, (phase, level, message)): (i64, (&str, &str, &str))| LogLine {
        seq,
        at: began.as_millis() + seq * 210,
        phase: phase.to_owned(),
        level: level.to_owned(),
        message: message.to_owned(),
        duration_ms: Some(seq * 83),
    };
    let lines: Vec<LogLine> = (1..).zip(said).map(line).collect();
    tx.run_log_add(run, &lines).await.expect("they are new");
    let page = |seq: i64| NewPage {
        seq,
        window: window("2026-11-20", "2026-11-21"),
        page: seq,
        listed: 14,
        provider_total: Some(28),
        duration_ms: 120 * seq,
    };
    tx.run_pages_add(run, &[page(1), page(2)]).await.expect("they are new");
    let skip = NewSkip {
        seq: 1,
        provider_call_id: Some("call-00000".to_owned()),
        reason: "agent_not_assigned_to_user".to_owned(),
        detail: "the agent is assigned to no account".to_owned(),
        provider_agent_id: Some("agent-2".to_owned()),
        occurred_at: Some(began),
    };
    tx.run_skips_add(run, &[skip]).await.expect("it is new");
}

fn window(from: &str, to: &str) -> Window {
    Window::new(at(from), at(to)).expect("the sample names a window")
}

/// Proves the one day of the sample's first source that is not.
pub async fn prove_the_rest(state: &web::State) {
    let row = Covered {
        listed: Some(14),
        provider_total: Some(14),
        ..Covered::new(window("2026-11-03", "2026-11-04"), Level::Settled, RunId(6), at(NOW))
    };
    let mut tx = state.store.begin().await.expect("nobody else writes");
    tx.coverage_mark(SourceId(1), row).await.expect("it fits");
    tx.commit().await.expect("there is room");
}

async fn cover(tx: &mut Tx, source: SourceId, run: RunId) {
    let truncated = "the provider's total moved from 140 to 138 while it was read".to_owned();
    let rows = [
        ("2026-08-24", "2026-10-05", Level::Compared, None),
        ("2026-10-05", "2026-11-14", Level::Settled, None),
        ("2026-11-14", "2026-11-21T12:55:00Z", Level::Listed, None),
        ("2026-11-03", "2026-11-04", Level::Unproven, Some(Mark::PossiblyTruncated(truncated))),
    ];
    // The second source is whole; the first has a day without proof.
    for (from, to, level, mark) in rows.into_iter().take(if source == SourceId(1) { 4 } else { 3 })
    {
        for part in window(from, to).pieces_newest_first(Duration::from_hours(24)) {
            // A failed look never undoes a proof, so the unproven day was never proved.
            let unproven = source == SourceId(1) && part == window("2026-11-03", "2026-11-04");
            if unproven && level != Level::Unproven {
                continue;
            }
            let row = Covered {
                mark: mark.clone(),
                listed: Some(14),
                provider_total: Some(14),
                ..Covered::new(part, level, run, at(NOW) - Duration::from_hours(1))
            };
            tx.coverage_mark(source, row).await.expect("it fits");
        }
    }
}
