//! What the scenarios about keeping and placing share: small windows, crashes, and a look at the
//! books that does not go through our own program.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{AgentId, Level};
use engine::sync::{RunReport, SyncError, SyncOptions, sync};
use engine::{Context, agents, place};
use simulators::{On, WorldSettings};
use testkit::{Stage, StageSettings, wrong_in_books};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The list of calls, as part of a request's path.
pub const CALLS: &str = "/voice-ai/dashboard/call-logs";

/// This many calls in pages of ten, read three days at a time and without margins, so that what a
/// run counts as new is exactly what it stored first.
pub fn small_windows(calls: usize) -> StageSettings {
    let settings = StageSettings::default();
    StageSettings {
        world: WorldSettings { calls, ..settings.world.clone() },
        source: |source| {
            source.page_size = 10;
            source.pages_ahead = 2;
            source.window_days_max = 3;
            source.margin_hours = 0;
        },
        ..settings
    }
}

/// Our program started again on the same machine: another holder of the same work.
pub fn restarted(stage: &Stage, nth: usize) -> Context {
    Context { holder: format!("process {nth}"), ..stage.ctx.clone() }
}

/// Reads whatever the ledger lacks, as the given process.
pub async fn sync_as(ctx: &Context, stage: &Stage) -> Result<RunReport, SyncError> {
    sync(ctx, &stage.source, SyncOptions::manual()).await
}

/// A bell the provider rings when it gets the nth request for calls from now on.
pub fn at_request(stage: &Stage, nth: usize) -> Arc<Notify> {
    let bell = Arc::new(Notify::new());
    let rings = Arc::clone(&bell);
    let what = simulators::What::then_mutate(move |_| rings.notify_one());
    stage.simulator.faults().add(On::path(CALLS).from_nth(nth).gives(what));
    bell
}

/// Does something else in the middle of a run: the provider answers the nth request for calls and
/// then no other, until the work is done.
pub fn meanwhile<'a, R: Send + 'a>(
    stage: &'a Stage,
    nth: usize,
    run: impl Future<Output = R> + Send + 'a,
    work: impl Future<Output = ()> + Send + 'a,
) -> Pin<Box<dyn Future<Output = R> + Send + 'a>> {
    let bell = at_request(stage, nth);
    let hangs = On::path(CALLS).from_nth(nth + 1).forever().gives(simulators::What::Hang);
    stage.simulator.faults().add(hangs);
    let ended = Notify::new();
    Box::pin(async move {
        let running = async {
            let report = run.await;
            ended.notify_one();
            report
        };
        // Work that has begun is done, even when it is what ends the run.
        let working = async {
            tokio::select! {
                biased;
                () = bell.notified() => work.await,
                () = ended.notified() => {}
            }
            stage.simulator.faults().clear();
        };
        tokio::join!(running, working).0
    })
}

/// Runs until the bell rings and is killed then. Gives the report of a run that ended before.
pub async fn killed_at(bell: &Notify, ctx: &Context, stage: &Stage) -> Option<RunReport> {
    let (ctx, source) = (ctx.clone(), stage.source.clone());
    let mut process = JoinSet::new();
    process.spawn(async move { sync(&ctx, &source, SyncOptions::manual()).await.unwrap() });
    tokio::select! {
        biased;
        () = bell.notified() => {
            process.shutdown().await;
            None
        }
        ended = process.join_next() => ended.map(Result::unwrap),
    }
}

/// Fails unless, at this very instant and whatever happened, the books are true: every run
/// balances, counts as new what it stored first, and every proved window is whole.
pub async fn assert_books_are_true(stage: &Stage) {
    assert_eq!(wrong_in_books(&stage.db).await, [""; 0]);
    assert_ledger_is_true(stage).await;
}

/// Fails if a proved window lacks a call.
pub async fn assert_ledger_is_true(stage: &Stage) {
    let ledger = stage.db.store.coverage_load(stage.source.row.id).await.unwrap();
    let proved: Vec<_> = ledger.rows().iter().filter(|row| row.level > Level::Unproven).collect();
    let ours = stage.calls().await;
    for (id, call) in stage.truth() {
        let at = domain::Timestamp::from_millis(call.created_at);
        let claimed = proved.iter().find(|row| row.window.contains(at));
        if let Some(row) = claimed {
            assert!(ours.contains_key(&id), "{} is said to be proved without {id}", row.window);
        }
    }
}

/// Time enough for any lease to run out.
pub fn let_leases_run_out(stage: &Stage) {
    stage.clock.pass(stage.ctx.settings.lease + Duration::from_secs(1));
}

/// Our id of an agent of the provider's list, which is fetched first.
pub async fn agent(stage: &Stage, provider_agent_id: &str) -> AgentId {
    agents::agents_fetch(&stage.ctx, &stage.source).await.unwrap();
    let listed = stage.db.store.agents_list(stage.source.row.id, stage.ctx.now()).await.unwrap();
    let found = listed.iter().find(|agent| agent.provider_agent_id == provider_agent_id);
    AgentId(found.unwrap().agent_id)
}

/// Gives an agent's calls to an account of this name, for ever. Returns how many calls moved.
pub async fn assign(stage: &Stage, provider_agent_id: &str, account: &str) -> u64 {
    let agent = agent(stage, provider_agent_id).await;
    let account = ensure_account(stage, account).await;
    let assignment = place::for_ever(agent, account);
    place::assign(&stage.db.store, assignment, "a person", stage.ctx.now()).await.unwrap()
}

/// The id of the account of this name.
pub async fn ensure_account(stage: &Stage, name: &str) -> domain::AccountId {
    let mut tx = stage.db.store.begin().await.unwrap();
    let account = tx.account_ensure(name, stage.ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    account.id
}
