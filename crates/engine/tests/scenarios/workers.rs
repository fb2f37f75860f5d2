//! Many workers on one database and one credential: what each reads is read once, together they
//! ask no more than the credential may, and what a dead one held is read by another.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock, Country, ProviderKind, Rhythm, Timestamp, Window};
use engine::budget::sharing;
use engine::worker::{Happened, Scheduled, WorkerSettings, work};
use engine::{Context, Settings, Source};
use providers::http::budget::{Budgets, Rate};
use providers::{
    ConnectionSettings, Credential, ProviderSettings, SystemClock, Tuning, connect,
    highlevel_voice_ai,
};
use secrecy::SecretString;
use simulators::faults::{On, What};
use simulators::highlevel::RateLimit;
use simulators::highlevel_voice_ai::{Settings as SimulatorSettings, Simulator};
use simulators::{World, WorldSettings};
use testkit::{Kind, TestDb, on_both_databases, wrong_in_books};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::keeping::{CALLS, at_request, restarted, small_windows};
use crate::play::soon;

const SOURCES: usize = 40;
const DAYS: u32 = 250;
const CALLS_EACH: usize = 300;
const WORKERS: usize = 4;

/// What the provider publishes for two seconds, and the tenth less that we ask for.
const PUBLISHED: u32 = 600;
const INTERVAL: Duration = Duration::from_secs(2);

/// A lease is reported every third of it, in real time.
const LEASE: Duration = Duration::from_secs(3);

async fn provider() -> Simulator {
    let end = SystemClock.now() - Duration::from_hours(1);
    let world = World::generate(&WorldSettings {
        calls: CALLS_EACH,
        days: DAYS,
        end: end.as_millis(),
        record_bytes: 600,
        ..WorldSettings::default()
    });
    let interval_ms = i64::try_from(INTERVAL.as_millis()).unwrap();
    let limit = RateLimit { max: PUBLISHED, interval_ms, daily: 10_000_000 };
    let settings =
        SimulatorSettings { rate_limit: Some(limit), ..SimulatorSettings::without_limits() };
    let clock = Arc::new(|| SystemClock.now().as_millis());
    Simulator::start(world, settings, clock).await.unwrap()
}

/// One worker's side of a source: the same location by the same token, under many names.
async fn source(ctx: &Context, simulator: &Simulator, budgets: &Budgets, nth: usize) -> Source {
    let mut provider = highlevel_voice_ai::Settings::new(simulator.location_id());
    provider.base_url = simulator.base_url();
    provider.tries_ranges = false;
    provider.window_days_max = 1;
    provider.margin_hours = 0;
    let rate = Rate::AtMost { requests: PUBLISHED, interval: INTERVAL, per_day: u64::MAX };
    let settings = ConnectionSettings {
        provider: ProviderSettings::HighlevelVoiceAi(provider),
        credential: Credential::PrivateToken(SecretString::from(simulator.token().to_owned())),
        tuning: Tuning { rate: Some(rate), ..Tuning::default() },
    };
    let connection = connect(settings, Arc::clone(&ctx.wait), budgets).unwrap();
    let since = ctx.now() - Duration::from_hours(24) * DAYS;
    let (name, kind) = (format!("source-{nth}"), ProviderKind::HighlevelVoiceAi);
    let mut tx = ctx.store.begin().await.unwrap();
    let location = simulator.location_id();
    let row = tx.source_ensure(&name, kind, location, since, ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    Source { row, connection, home: Country::US }
}

/// A worker as a process of its own has it: its own connections, name, and share of the budget.
async fn context(db: &TestDb, nth: usize) -> Context {
    Context {
        store: db.open_again().await,
        wait: Arc::new(SystemClock),
        holder: format!("worker {nth}"),
        settings: Settings { lease: LEASE, ..Settings::default() },
    }
}

/// Until every source is read whole.
struct Whole {
    done: Mutex<BTreeSet<String>>,
    stop: CancellationToken,
}

impl Whole {
    fn hears(&self, happened: Happened) {
        if let Happened::Ran { source_name, report } = happened
            && report.success
            && report.windows_left == 0
        {
            let mut done = self.done.lock().unwrap();
            done.insert(source_name);
            if done.len() == SOURCES {
                self.stop.cancel();
            }
        }
    }
}

/// The most requests that arrived within any span of the interval.
fn most_in_an_interval(simulator: &Simulator) -> usize {
    let mut at: Vec<i64> = simulator.requests().iter().map(|request| request.at).collect();
    at.sort_unstable();
    let interval = i64::try_from(INTERVAL.as_millis()).unwrap();
    let within =
        |(nth, began): (usize, &i64)| at[nth..].partition_point(|it| *it < began + interval);
    at.iter().enumerate().map(within).max().unwrap_or(0)
}

/// Ten thousand windows, read by four workers of which one is killed in the middle: each window is
/// read, each call is there once, the books are true, and the provider never had to say no (A27, B7).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_workers_read_ten_thousand_windows_once_and_within_one_budget() {
    TestDb::run(Kind::Postgres, |db| async move {
        let simulator = provider().await;
        let killed = Arc::new(Notify::new());
        let bell = Arc::clone(&killed);
        let rings = What::then_mutate(move |_| bell.notify_one());
        simulator.faults().add(On::path(CALLS).from_nth(3_000).gives(rings));

        let stop = CancellationToken::new();
        let whole = Arc::new(Whole { done: Mutex::default(), stop: stop.clone() });
        let began = SystemClock.now();
        let mut workers = Vec::new();
        let mut sources = Vec::new();
        for nth in 0..WORKERS {
            let ctx = context(&db, nth).await;
            let budgets = Budgets::shared(sharing(&ctx, None));
            let mut scheduled = Vec::new();
            for nth in 0..SOURCES {
                let source = source(&ctx, &simulator, &budgets, nth).await;
                scheduled
                    .push(Scheduled { source, rhythm: Rhythm::Every(Duration::from_hours(1)) });
            }
            sources = scheduled.iter().map(|it| it.source.row.clone()).collect();
            let (stop, whole) = (stop.clone(), Arc::clone(&whole));
            let mut worker = JoinSet::new();
            worker.spawn(async move {
                let settings = WorkerSettings { windows_max: 50, ..WorkerSettings::default() };
                let tell = Arc::new(move |happened| whole.hears(happened));
                work(&ctx, scheduled, &settings, stop, tell).await;
                ctx.store.close().await;
            });
            workers.push(worker);
        }
        killed.notified().await;
        workers.remove(0).shutdown().await;
        let killed_at = SystemClock.now();
        let held = "SELECT COUNT(*) FROM work WHERE holder = 'worker 0'";
        assert!(db.number(held).await > 0, "it held nothing when it was killed");
        for mut worker in workers {
            while let Some(ended) = worker.join_next().await {
                ended.unwrap();
            }
        }

        let windows = SOURCES as i64 * i64::from(DAYS);
        for source in &sources {
            let ledger = db.store.coverage_load(source.id).await.unwrap();
            // What was due when the first worker began; the newest hour may not have been.
            let wanted = Window::new(source.since, began - Duration::from_hours(1)).unwrap();
            assert_eq!(ledger.gaps(wanted), [], "{}", source.name);
        }
        assert_eq!(wrong_in_books(&db).await, [""; 0]);
        let calls = (SOURCES * CALLS_EACH) as i64;
        assert_eq!(db.number("SELECT COUNT(*) FROM calls").await, calls);
        assert_eq!(db.number("SELECT CAST(SUM(new) AS BIGINT) FROM runs").await, calls);
        assert_eq!(db.number("SELECT COUNT(*) FROM observations").await, calls);
        assert!(simulator.requests_count() as i64 >= windows, "fewer requests than windows");
        let refused = simulator.requests().iter().filter(|it| it.status == 429).count();
        let most = most_in_an_interval(&simulator);
        let took = SystemClock.now().since(began);
        eprintln!("{} requests in {took:?}, {most} in an interval", simulator.requests_count());
        assert_eq!(refused, 0, "the provider had to say no");
        // A busy machine delivers some requests late, for which our limit is a tenth below theirs.
        assert!(most <= PUBLISHED as usize, "{most} in an interval");
        taken_over(&db, killed_at).await;
        // Those that were stopped gave back what they had.
        let held = "SELECT COUNT(*) FROM work WHERE holder IS NOT NULL";
        assert_eq!(db.number(held).await, 0);
    })
    .await;
}

/// What the killed worker had begun was begun anew by another. When it comes to that depends on
/// the places the others have free; with one free it takes two leases at most, see below.
async fn taken_over(db: &TestDb, killed_at: Timestamp) {
    let at = killed_at.as_millis();
    let abandoned = format!(
        "SELECT COUNT(*) FROM runs r WHERE started_at <= {at} AND status = 'failed'
           AND error LIKE '%stopped%'"
    );
    let count = db.number(&abandoned).await;
    assert!(count > 0, "no run was interrupted");
    let begun_anew = format!(
        "{abandoned} AND EXISTS (SELECT 1 FROM runs n WHERE n.source_id = r.source_id
           AND n.started_at > {at} AND n.status = 'success')"
    );
    assert_eq!(db.number(&begun_anew).await, count, "not all were taken over");
}

on_both_databases! {
    /// A worker is killed in mid-run; another, whose interval is an hour, goes on within two leases.
    async fn what_a_killed_worker_read_is_taken_over_within_two_leases(db) {
        let stage = testkit::Stage::set(db, small_windows(200)).await;
        let bell = at_request(&stage, 4);
        let scheduled =
            || vec![Scheduled { source: stage.source.clone(), rhythm: Rhythm::Every(Duration::from_hours(1)) }];
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let (ctx, sources, forever) = (restarted(&stage, 1), scheduled(), settings.clone());
        let mut first = JoinSet::new();
        first.spawn(async move {
            work(&ctx, sources, &forever, CancellationToken::new(), Arc::new(|_| {})).await;
        });
        bell.notified().await;
        first.shutdown().await;
        let killed_at = stage.clock.now();
        let unended = "SELECT COUNT(*) FROM runs WHERE status = 'in_progress'";
        assert_eq!(stage.db.number(unended).await, 1);

        let stop = CancellationToken::new();
        let ended = stop.clone();
        let tell = move |happened| {
            let Happened::Ran { report, .. } = happened else { panic!("{happened:?}") };
            assert!(report.success, "{report:#?}");
            ended.cancel();
        };
        soon(work(&restarted(&stage, 2), scheduled(), &settings, stop, Arc::new(tell))).await;
        let runs = stage.db.store.runs_list(Some(stage.source.row.id), 9).await.unwrap();
        assert_eq!(runs.len(), 2, "{runs:#?}");
        let began = Timestamp::from_millis(runs[0].started_at);
        let lease = stage.ctx.settings.lease;
        assert!(began.since(killed_at) <= lease * 2, "{:?} later", began.since(killed_at));
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        assert_eq!(wrong_in_books(&stage.db).await, [""; 0]);
    }
}
