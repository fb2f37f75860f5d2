//! `kill -9` of the real program in mid-run, again and again: nothing is lost, nothing is doubled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use testkit::{Kind, TestDb, on_both_databases};

use crate::site::{Simulator, Site};

const CALLS: u32 = 2000;

/// Many windows and many transactions, so that there are many instants to be killed at.
const MANY_SMALL_STEPS: &str = "window_days_max = 1\npage_size = 10\n[sync]\npages_per_write = 1\n";

/// After how many lines of its own log the program is killed; each run goes on where the one
/// before was killed, so later ones find less to do.
const KILLED_AFTER_LINES: [usize; 10] = [1, 2, 3, 4, 5, 5, 6, 6, 7, 8];

on_both_databases! {
    async fn a_killed_program_loses_nothing_and_counts_nothing_twice(db) {
        let simulator = Simulator::slow(CALLS);
        let site = Site::of(&simulator);
        site.write_more("everycall.toml", MANY_SMALL_STEPS);
        let mut killed = 0;
        for (minute, lines) in KILLED_AFTER_LINES.into_iter().enumerate() {
            let now = format!("2026-01-01T00:{minute:02}:00Z");
            killed += usize::from(site.killed_after(&["-vv", "sync", "--now", &now], lines, &db.url));
            check_books(&site, &db).await;
        }
        assert!(killed >= 6, "only {killed} runs were killed before their end");

        let last = site.run_with(
            &["sync", "--now", "2026-01-01T00:30:00Z", "--json"],
            &[("EVERYCALL_DATABASE_URL", &db.url)],
        );
        assert_eq!(last.code, Some(0), "{last:?}");
        check_books(&site, &db).await;
        check_whole(&db).await;
    }
}

/// Small runs by the schedule, and a lease that is soon over.
const WORKING: &str = "window_days_max = 1\npage_size = 10\n[sync]\npages_per_write = 1\n\
                       lease_seconds = 5\n[schedule]\nwindows_per_run = 40\n";

/// Two workers on one database, of which one is killed while it reads: the other goes on where it
/// was, and gives back what it has when it is asked to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_worker_is_replaced_by_another() {
    TestDb::run(Kind::Postgres, |db| async move {
        let simulator = Simulator::slow(CALLS);
        let site = Site::of(&simulator);
        site.write_more("everycall.toml", WORKING);
        let calls = "SELECT COUNT(*) FROM calls";
        let mut killed = site.start(&["work"], &db.url);
        until(&db, calls, |count| count > 200).await;
        let mut other = site.start(&["work"], &db.url);
        killed.kill().unwrap();
        killed.wait().unwrap();
        let held = "SELECT COUNT(*) FROM work WHERE holder IS NOT NULL";

        until(&db, calls, |count| count == i64::from(CALLS)).await;
        let more = "SELECT has_more FROM runs ORDER BY run_id DESC LIMIT 1";
        let unended = "SELECT COUNT(*) FROM runs WHERE status = 'in_progress'";
        until(&db, unended, |count| count == 0).await;
        until(&db, more, |has_more| has_more == 0).await;
        let asked = std::process::Command::new("kill").arg(other.id().to_string()).status();
        assert!(asked.unwrap().success());
        assert_eq!(other.wait().unwrap().code(), Some(0));
        assert_eq!(db.number(held).await, 0, "it kept what it had");
        check_whole(&db).await;
        check_books(&site, &db).await;
    })
    .await;
}

/// Waits until a number is as it should be; programs of their own take their time.
async fn until(db: &TestDb, sql: &str, is_so: impl Fn(i64) -> bool) {
    let looks = async {
        while !is_so(db.number(sql).await) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(2), looks).await;
    assert!(waited.is_ok(), "it never came to that: {sql}");
}

/// How often the program is killed at a random instant, on each database.
const KILLS: usize = 200;

/// It is killed this long after its start, at the latest; most runs of a load take longer.
const KILLED_WITHIN_MS: u64 = 450;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; `cargo xtask kill` runs it, and `cargo xtask ci` runs that"]
async fn two_hundred_kills_at_random_instants_lose_nothing_on_sqlite() {
    loads_are_killed(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; `cargo xtask kill` runs it, and `cargo xtask ci` runs that"]
async fn two_hundred_kills_at_random_instants_lose_nothing_on_postgres() {
    loads_are_killed(Kind::Postgres).await;
}

/// Loads one database after the other, each killed until it is whole, until there were enough kills.
async fn loads_are_killed(kind: Kind) {
    let kills = Arc::new(AtomicUsize::new(0));
    let mut loads = 0;
    while kills.load(Ordering::Relaxed) < KILLS {
        let counted = Arc::clone(&kills);
        TestDb::run(kind, move |db| a_load_is_killed(db, loads, counted)).await;
        loads += 1;
        assert!(loads < 60, "{loads} loads, and only {} kills", kills.load(Ordering::Relaxed));
    }
    eprintln!("{} kills in {loads} loads on {kind:?}", kills.load(Ordering::Relaxed));
}

/// A load that is killed at random instants until a run lives to its end.
async fn a_load_is_killed(db: Arc<TestDb>, nth: u64, kills: Arc<AtomicUsize>) {
    let simulator = Simulator::slow(CALLS);
    let site = Site::of(&simulator);
    site.write_more("everycall.toml", MANY_SMALL_STEPS);
    let mut dice = testkit::Dice::new(nth);
    let mut runs = 0;
    loop {
        // Each process finds the lease of the one before run out.
        let now = format!("2026-01-01T{:02}:{:02}:00Z", runs / 60, runs % 60);
        runs += 1;
        assert!(runs < 600, "a load that is killed does not come to its end");
        let after = Duration::from_millis(dice.roll(KILLED_WITHIN_MS));
        if !site.killed_at(&["sync", "--now", &now], after, &db.url) {
            break;
        }
        kills.fetch_add(1, Ordering::Relaxed);
        check_rows(&db).await;
    }
    check_books(&site, &db).await;
    let end = ["sync", "--now", "2026-01-01T12:00:00Z", "--json"];
    let last = site.run_with(&end, &[("EVERYCALL_DATABASE_URL", &db.url)]);
    assert_eq!(last.code, Some(0), "{last:?}");
    check_books(&site, &db).await;
    check_whole(&db).await;
}

/// The database holds what the provider has, each call once.
async fn check_whole(db: &TestDb) {
    assert_eq!(db.number("SELECT COUNT(*) FROM calls").await, i64::from(CALLS));
    let versions = db.number("SELECT COUNT(*) FROM observations").await;
    assert_eq!(versions, i64::from(CALLS), "nothing changed, so nothing was seen twice");
    let new = "SELECT CAST(SUM(new) AS BIGINT) FROM runs";
    assert_eq!(db.number(new).await, i64::from(CALLS), "each call was new in one run only");
    assert_eq!(db.number("SELECT COUNT(*) FROM runs WHERE status = 'in_progress'").await, 0);
}

/// Whatever was written is whole: runs balance, and each call has the content it claims.
async fn check_books(site: &Site, db: &Arc<TestDb>) {
    let runs = site.run_with(&["runs", "--json"], &[("EVERYCALL_DATABASE_URL", &db.url)]);
    assert_eq!(runs.code, Some(0), "{runs:?}");
    check_rows(db).await;
}

async fn check_rows(db: &TestDb) {
    let unbalanced = "SELECT COUNT(*) FROM runs
        WHERE listed <> new + updated + unchanged + repeated + set_aside + failed";
    assert_eq!(db.number(unbalanced).await, 0);
    let bodiless = "SELECT COUNT(*) FROM calls c WHERE NOT EXISTS (
        SELECT 1 FROM observations o WHERE o.source_id = c.source_id
            AND o.provider_call_id = c.provider_call_id AND o.version = c.version)";
    assert_eq!(db.number(bodiless).await, 0);
    let new = db.number("SELECT CAST(COALESCE(SUM(new), 0) AS BIGINT) FROM runs").await;
    assert_eq!(db.number("SELECT COUNT(*) FROM calls").await, new);
}
