//! What it costs to watch a job as it goes on: the processor time of the whole machine, the database's
//! server and the watching itself included, less what the job takes that nobody watches.

use std::fs;
use std::time::Duration;

use domain::{JobId, JobKind, RunId, RunKind, Timestamp};
use serde_json::json;
use store::{NewJob, Store};
use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::Done;
use crate::asking::Viewer;

/// How long is watched.
const SPAN: Duration = Duration::from_secs(20);

/// How often a worker tells how far it is.
const TELLS: Duration = Duration::from_millis(500);

/// Viewers watch one job; one line of JSON says what that took.
pub async fn measure(store: &Store, viewer: &Viewer, viewers: u32, now: Timestamp) -> Done {
    let (job, run) = begin(store, now).await?;
    let stop = CancellationToken::new();
    let mut working = JoinSet::new();
    working.spawn(work(store.clone(), (job, run), now, stop.clone()));
    let before = busy()?;
    tokio::time::sleep(SPAN).await;
    let unwatched = busy()?.saturating_sub(before);

    let path = format!("/jobs/{}/live", job.0);
    let before = busy()?;
    let mut watching = JoinSet::new();
    for _ in 0..viewers {
        let (viewer, path) = (viewer.clone(), path.clone());
        watching.spawn(async move { watch(&viewer, &path).await });
    }
    let seen = watching.join_all().await.into_iter().collect::<Done<Vec<usize>>>()?;
    let watched = busy()?.saturating_sub(before);
    stop.cancel();
    working.join_all().await.into_iter().collect::<Done>()?;

    if seen.contains(&0) {
        return Err("somebody watched and was told nothing".into());
    }
    let seconds = f64::from(viewers) * SPAN.as_secs_f64();
    println!(
        "{}",
        json!({
            "watched_job": path,
            "told_least": seen.iter().min(),
            "unwatched_ms": unwatched.as_millis(),
            "watched_ms": watched.as_millis(),
            "ms_per_viewer_and_second":
                watched.saturating_sub(unwatched).as_secs_f64() * 1000.0 / seconds,
        })
    );
    Ok(())
}

async fn begin(store: &Store, now: Timestamp) -> Done<(JobId, RunId)> {
    let source = store.source_by_name("source-0").await?.ok_or("there is no source-0")?.id;
    let mut tx = store.begin().await?;
    let new = NewJob { source, kind: JobKind::Sync, parameters: "{}", by: "bench", due: None };
    let job = tx.job_ask(&new, now).await?.id();
    tx.job_begin(job, now).await?.ok_or("the job had begun")?;
    let run = tx.run_start(source, RunKind::Manual, "{}", now).await?;
    tx.commit().await?;
    Ok((job, run))
}

/// Tells how far the job is until it is stopped.
async fn work(
    store: Store,
    (job, run): (JobId, RunId),
    now: Timestamp,
    stop: CancellationToken,
) -> Done {
    let mut pages = 0;
    while !stop.is_cancelled() {
        pages += 1;
        let progress = json!({
            "listed": pages * 50, "expected": 1_000_000, "pages": pages,
            "windows_planned": 1_000, "windows_ended": pages / 2,
        });
        let mut tx = store.begin().await?;
        tx.job_progress(job, &progress.to_string(), Some(run), now).await?;
        tx.commit().await?;
        tokio::time::sleep(TELLS).await;
    }
    Ok(())
}

/// Reads what is told; says how often something was.
async fn watch(viewer: &Viewer, path: &str) -> Done<usize> {
    let mut socket = viewer.open(path).await?;
    let mut told = Vec::new();
    let reading = async {
        while socket.read_buf(&mut told).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    // Whoever watches leaves when the time is over.
    if let Ok(ended) = tokio::time::timeout(SPAN, reading).await {
        ended?;
    }
    Ok(String::from_utf8_lossy(&told).matches("event: progress").count())
}

/// How long this machine's processors have worked, all programs together: `/proc/stat`, whose ticks are
/// hundredths of a second.
fn busy() -> Done<Duration> {
    let text = fs::read_to_string("/proc/stat")?;
    let line = text.lines().next().unwrap_or_default();
    let ticks = line.split_whitespace().skip(1).map(str::parse).collect::<Result<Vec<u64>, _>>()?;
    let [user, nice, system, _idle, _iowait, irq, softirq, ..] = ticks[..] else {
        return Err(format!("/proc/stat begins with {line}").into());
    };
    Ok(Duration::from_millis((user + nice + system + irq + softirq) * 10))
}
