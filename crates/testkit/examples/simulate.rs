//! Plays lives in parallel: `simulate ENGINE JOBS FIRST COUNT`, called by `cargo xtask simulate`.
#![expect(clippy::print_stdout, reason = "a command-line tool prints")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use testkit::lives::{Lived, Script, live};
use testkit::{Kind, TestDb};

/// A life that takes longer, in real time, does not come to an end.
const PATIENCE: Duration = Duration::from_mins(3);

/// How often it is said how far they are.
const SAY_EVERY: Duration = Duration::from_secs(10);

struct Task {
    kind: Kind,
    engine: String,
    jobs: usize,
    first: u64,
    count: u64,
}

#[derive(Default)]
struct Sums {
    next: AtomicU64,
    runs: AtomicUsize,
    killed: AtomicUsize,
    without_database: AtomicUsize,
    calls: AtomicUsize,
    failed: Mutex<Vec<u64>>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = read(&words) else {
        eprintln!("usage: simulate sqlite|postgres JOBS FIRST COUNT");
        return ExitCode::from(2);
    };
    let began = Instant::now();
    let sums = Sums::default();
    std::thread::scope(|scope| {
        for _ in 0..task.jobs {
            scope.spawn(|| work(&task, &sums, began));
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    let load = |number: &AtomicUsize| number.load(Ordering::Relaxed);
    let failed = sums.failed.lock().unwrap_or_else(PoisonError::into_inner);
    println!(
        "{}: {} lives, {} runs, {} killed, {} without a database, {} calls at the end, {} failed, {seconds:.0} s, {:.1} lives/s",
        task.engine,
        task.count,
        load(&sums.runs),
        load(&sums.killed),
        load(&sums.without_database),
        load(&sums.calls),
        failed.len(),
        task.count as f64 / seconds,
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(words: &[String]) -> Option<Task> {
    let [engine, jobs, first, count] = words else { return None };
    let kind = match engine.as_str() {
        "sqlite" => Kind::Sqlite,
        "postgres" => Kind::Postgres,
        _ => return None,
    };
    let (jobs, first, count) = (jobs.parse().ok()?, first.parse().ok()?, count.parse().ok()?);
    Some(Task { kind, engine: engine.clone(), jobs, first, count })
}

fn work(task: &Task, sums: &Sums, began: Instant) {
    // One thread each: what is dropped by a killed process is dropped in the same order each time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let mut said = began;
    let mut kept: Option<Arc<TestDb>> = None;
    loop {
        let nth = sums.next.fetch_add(1, Ordering::Relaxed);
        if nth >= task.count {
            break;
        }
        let seed = task.first + nth;
        let db = runtime.block_on(database(task.kind, kept.take()));
        match play(&runtime, &db, seed) {
            Ok(lived) => {
                let add = |sum: &AtomicUsize, more| sum.fetch_add(more, Ordering::Relaxed);
                add(&sums.runs, lived.runs);
                add(&sums.killed, lived.killed);
                add(&sums.without_database, lived.without_database);
                add(&sums.calls, lived.calls);
            }
            Err(why) => {
                sums.failed.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
                println!(
                    "seed {seed} on {} FAILED:\n{why}\n{:#?}\nreplay it with: cargo xtask simulate --seed {seed} --engine {}\n",
                    task.engine,
                    Script::of(seed),
                    task.engine
                );
            }
        }
        kept = Some(db);
        if said.elapsed() > SAY_EVERY {
            said = Instant::now();
            println!("{}: {} of {} lives", task.engine, nth + 1, task.count);
        }
    }
    if let Some(db) = kept {
        runtime.block_on(db.gone());
    }
}

async fn database(kind: Kind, kept: Option<Arc<TestDb>>) -> Arc<TestDb> {
    match kept {
        Some(db) if kind == Kind::Postgres => {
            db.emptied().await;
            db
        }
        Some(db) => {
            db.gone().await;
            Arc::new(TestDb::made(kind).await)
        }
        None => Arc::new(TestDb::made(kind).await),
    }
}

fn play(runtime: &tokio::runtime::Runtime, db: &Arc<TestDb>, seed: u64) -> Result<Lived, String> {
    let script = Script::of(seed);
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let lived = tokio::time::timeout(PATIENCE, live(Arc::clone(db), &script)).await;
            lived.unwrap_or_else(|_elapsed| Err("it does not come to an end".to_owned()))
        })
    }));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("it panicked: {}", text.unwrap_or("without a word")))
    })
}
