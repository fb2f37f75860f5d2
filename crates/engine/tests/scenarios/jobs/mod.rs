//! Jobs: what somebody asks to be done is done once, by whichever worker, and can be watched and
//! stopped.

mod crew;
mod roster;
mod schedules;

use domain::{JobId, JobKind, JobParameters, JobStatus};
use engine::jobs::{JobError, cancel};
use simulators::faults::{On, What};
use store::Claim;
use testkit::{Kind, Stage, TestDb, on_both_databases, wrong_in_books};

use crate::comparing::lose_one_amid;
use crate::keeping::{CALLS as LIST, at_request, small_windows};
use crate::play::*;
use crew::{Crew, ask, ask_span, row, until};

/// The provider answers so many requests for calls and then no other.
fn hangs_after(stage: &Stage, nth: usize) -> std::sync::Arc<tokio::sync::Notify> {
    let bell = at_request(stage, nth);
    stage.simulator.faults().add(On::path(LIST).from_nth(nth + 1).forever().gives(What::Hang));
    bell
}

/// Rows in every table that reading or comparing writes.
async fn rows(stage: &Stage) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["calls", "observations", "set_aside", "coverage", "runs", "agents", "dictionaries"]
    {
        counts.push(stage.db.number(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counts
}

on_both_databases! {
    /// Somebody asks, and sees how far it is while a worker reads.
    async fn a_job_is_done_by_a_worker_and_tells_how_far_it_is(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let job = ask_span(&stage).await;
        hangs_after(&stage, 4);
        let mut crew = Crew::of(&stage, 1).await;
        let told = until(async || {
            let row = row(&stage, job).await;
            row.progress.as_deref().is_some_and(|text| !text.contains("\"listed\":0")).then_some(row)
        })
        .await;
        assert_eq!((told.status.as_str(), told.ended_at), ("running", None));
        let run = told.run_id.expect("the run can be looked at while it goes on");
        assert!(told.progress.unwrap().contains("windowsPlanned"));
        stage.simulator.faults().clear();
        let (status, outcome) = crew.ended(job).await;
        assert_eq!((status, outcome.as_str()), (JobStatus::Done, "Synced 120 new calls, 120 waiting"));
        let row = row(&stage, job).await;
        assert_eq!((row.status.as_str(), row.outcome, row.attempts), ("done", Some(outcome), 1));
        assert_eq!(row.run_id, Some(run));
        assert!(row.progress.unwrap().contains("\"listed\":120"), "as it was in the end");
        stage.assert_equals_truth().await;
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM work WHERE holder IS NOT NULL").await, 0);
        crew.goes_home().await;
    }

    /// What was read until somebody stops a job is kept, and its run says so.
    async fn a_cancelled_job_keeps_what_was_read(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let job = ask_span(&stage).await;
        hangs_after(&stage, 6);
        let mut crew = Crew::of(&stage, 1).await;
        until(async || (!stage.calls().await.is_empty()).then_some(())).await;
        let store = &stage.db.store;
        let asked = cancel(store, job, "bob", stage.ctx.now()).await.unwrap();
        assert_eq!(asked.cancel_asked_by.as_deref(), Some("bob"));
        let (status, outcome) = crew.ended(job).await;
        assert_eq!(status, JobStatus::Cancelled);
        assert!(outcome.starts_with("Cancelled; what was read until then is kept. Synced "), "{outcome}");
        let kept = stage.calls().await.len();
        assert!((1..120).contains(&kept), "{kept}");
        let row = row(&stage, job).await;
        assert_eq!(row.cancel_asked_by.as_deref(), Some("bob"));
        let run = store.run_get(domain::RunId(row.run_id.unwrap())).await.unwrap().unwrap();
        assert_eq!(run.new, kept as i64);
        // Asking again is no error, and what has ended by itself cannot be stopped.
        cancel(store, job, "bob", stage.ctx.now()).await.unwrap();
        stage.simulator.faults().clear();
        let second = ask(&stage, JobKind::Sync, JobParameters::default()).await;
        crew.ended(second).await;
        let late = cancel(store, second, "bob", stage.ctx.now()).await;
        assert!(matches!(late, Err(JobError::HasEnded { .. })), "{late:?}");
        let none = cancel(store, JobId(77), "bob", stage.ctx.now()).await;
        assert!(matches!(none, Err(JobError::NoJob { .. })), "{none:?}");
        crew.goes_home().await;
        stage.assert_equals_truth().await;
        assert_eq!(wrong_in_books(&stage.db).await, [""; 0]);
    }

    /// A worker dies over a job; another does it again, and nothing is there twice.
    async fn the_job_of_a_killed_worker_is_done_by_another(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let job = ask_span(&stage).await;
        let bell = hangs_after(&stage, 4);
        let first = Crew::of(&stage, 1).await;
        bell.notified().await;
        first.dies().await;
        assert_eq!(row(&stage, job).await.status, "running", "nobody lived to write it down");
        stage.simulator.faults().clear();
        stage.clock.pass(stage.ctx.settings.lease);
        let mut second = Crew::of(&stage, 2).await;
        let (status, outcome) = second.ended(job).await;
        assert_eq!(status, JobStatus::Done, "{outcome}");
        assert_eq!(row(&stage, job).await.attempts, 2);
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        assert_eq!(wrong_in_books(&stage.db).await, [""; 0]);
        second.goes_home().await;
    }

    /// A job that kills whoever does it is not begun for ever.
    async fn a_job_that_its_workers_die_of_is_given_up(db) {
        let stage = Stage::set(db, small_windows(20)).await;
        let job = ask_span(&stage).await;
        stage.db.execute("UPDATE jobs SET status = 'running', started_at = 1, attempts = 5").await;
        let mut crew = Crew::of(&stage, 1).await;
        let (status, outcome) = crew.ended(job).await;
        assert_eq!(status, JobStatus::Failed);
        assert!(outcome.contains("stopped without a word 5 times"), "{outcome}");
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM runs WHERE kind <> 'auto'").await, 0);
        crew.goes_home().await;
    }

    /// A comparison with another source is a job like any, and one that has proved nothing makes no
    /// call extra.
    async fn a_comparison_with_another_source_is_made_by_a_worker(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        assert!(stage.sync().await.success);
        let (since, now) = (stage.source.row.since, stage.ctx.now());
        let mut tx = stage.db.store.begin().await.unwrap();
        let kind = domain::ProviderKind::Twilio;
        let other = tx.source_ensure("lines", kind, "AC1", since, now).await.unwrap();
        tx.commit().await.unwrap();
        let with = JobParameters { with_source: Some(other.id), ..JobParameters::default() };
        let job = ask(&stage, JobKind::Compare, with).await;
        let mut crew = Crew::of(&stage, 1).await;
        let (status, outcome) = crew.ended(job).await;
        assert_eq!(status, JobStatus::Failed);
        assert!(outcome.contains("`lines` has not proved its list"), "{outcome}");
        let run = row(&stage, job).await.run_id.expect("it is a run");
        let run = stage.db.store.run_get(domain::RunId(run)).await.unwrap().unwrap();
        let report = run.response.unwrap();
        assert!(report.contains(r#""extraInDatabase":0"#) && report.contains(r#""couldNotLook":60"#), "{report}");
        crew.goes_home().await;
    }

    /// Two workers and many jobs: each is done once.
    async fn two_workers_never_do_the_same_job(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let mut jobs = Vec::new();
        for day in 0..6 {
            let (from, to) = (stage.ctx.now() - DAY * (day * 3 + 4), stage.ctx.now() - DAY * (day * 3 + 1));
            for kind in [JobKind::Sync, JobKind::Compare] {
                let span = JobParameters { from: Some(from), to: Some(to), ..JobParameters::default() };
                jobs.push(ask(&stage, kind, span).await);
            }
        }
        let mut crews = [Crew::of(&stage, 1).await, Crew::of(&stage, 2).await];
        until(async || {
            let open = "SELECT COUNT(*) FROM jobs WHERE ended_at IS NULL";
            (stage.db.number(open).await == 0).then_some(())
        })
        .await;
        let mut told: Vec<JobId> = Vec::new();
        for crew in &mut crews {
            crew.ends().await;
            told.extend(crew.has_ended());
        }
        told.sort_unstable();
        jobs.sort_unstable();
        assert_eq!(told, jobs);
        for job in jobs {
            let row = row(&stage, job).await;
            assert_eq!((row.status.as_str(), row.attempts), ("done", 1), "{row:?}");
        }
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM runs WHERE kind <> 'auto'").await, 12);
    }

    /// Somebody else reads the source: a sync waits and says for what, and does not fail. What needs
    /// no turn at the source is done meanwhile.
    async fn a_source_that_is_being_read_makes_a_job_wait(db) {
        let stage = Stage::set(db, small_windows(20)).await;
        let (key, now) = (format!("source/{}", stage.source.row.id), stage.ctx.now());
        let until_then = now + HOUR;
        let claim = stage.db.store.work_claim(&key, "another", "run 7", until_then, now).await.unwrap();
        let Claim::Granted(lease) = claim else { panic!("nobody else is there") };
        let sync = ask_span(&stage).await;
        let dry = JobParameters { dry_run: true, ..JobParameters::default() };
        let beside = [ask(&stage, JobKind::Sync, dry).await, ask(&stage, JobKind::Compare, JobParameters::default()).await];
        let mut crew = Crew::of(&stage, 1).await;
        for job in beside {
            assert_eq!(crew.ended(job).await.0, JobStatus::Done);
        }
        let waits = row(&stage, sync).await;
        assert_eq!((waits.status.as_str(), waits.waits_for.as_deref()), ("waiting", Some("run 7")));
        stage.db.store.work_release(&lease).await.unwrap();
        let (status, outcome) = crew.ended(sync).await;
        assert_eq!((status, outcome.as_str()), (JobStatus::Done, "Synced 20 new calls, 20 waiting"));
        crew.goes_home().await;
    }

    /// A source has weeks to read and is read again at once; a job gets its turn between two runs.
    async fn what_a_person_asks_for_goes_before_what_comes_by_itself(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let bell = hangs_after(&stage, 2);
        let mut crew = Crew::that_reads(&stage, 1);
        bell.notified().await;
        let job = ask(&stage, JobKind::Sync, JobParameters::default()).await;
        until(async || row(&stage, job).await.waits_for).await;
        stage.simulator.faults().clear();
        let (status, _) = crew.ended(job).await;
        assert_eq!(status, JobStatus::Done);
        let runs = stage.db.store.runs_list(None, 99).await.unwrap();
        let by_itself = runs.iter().filter(|run| run.kind == "auto").count();
        assert!(by_itself <= 2, "{by_itself} of eleven windows were read before it");
        crew.goes_home().await;
        stage.assert_equals_truth().await;
    }

    /// A dry run leaves no run and no call, and its report is kept with the job.
    async fn a_dry_run_as_a_job_writes_nothing(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let mut crew = Crew::of(&stage, 1).await;
        let before = rows(&stage).await;
        let dry = JobParameters { dry_run: true, ..JobParameters::default() };
        let job = ask(&stage, JobKind::Sync, dry).await;
        let (status, outcome) = crew.ended(job).await;
        assert_eq!((status, outcome.as_str()), (JobStatus::Done, "Would sync 60 new calls, 60 waiting"));
        assert_eq!(rows(&stage).await, before);
        let row = row(&stage, job).await;
        assert_eq!(row.run_id, None);
        let report: serde_json::Value = serde_json::from_str(&row.report.unwrap()).unwrap();
        assert_eq!((&report["new"], &report["dryRun"]), (&60.into(), &true.into()));
        crew.goes_home().await;
    }

    /// A worker that is stopped gives its job back, and the next one does it.
    async fn a_worker_that_is_stopped_gives_its_job_back(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let job = ask_span(&stage).await;
        let bell = hangs_after(&stage, 4);
        let first = Crew::of(&stage, 1).await;
        bell.notified().await;
        first.goes_home().await;
        let back = row(&stage, job).await;
        assert_eq!((back.status.as_str(), back.attempts, back.outcome), ("waiting", 0, None));
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM work WHERE holder IS NOT NULL").await, 0);
        stage.simulator.faults().clear();
        let mut second = Crew::of(&stage, 2).await;
        assert_eq!(second.ended(job).await.0, JobStatus::Done);
        stage.assert_equals_truth().await;
        second.goes_home().await;
    }

    /// A comparison finds what is missing, a repair brings it, and both say so.
    async fn comparisons_and_repairs_are_jobs_too(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        read_whole(&stage).await;
        let lost = stage.calls().await.into_keys().next().unwrap();
        stage.db.execute(&format!("DELETE FROM calls WHERE provider_call_id = '{lost}'")).await;
        let mut crew = Crew::of(&stage, 1).await;
        let mut outcomes = Vec::new();
        for kind in [JobKind::Compare, JobKind::Repair, JobKind::Repair] {
            let job = ask(&stage, kind, JobParameters::default()).await;
            let (status, outcome) = crew.ended(job).await;
            assert_eq!(status, JobStatus::Done, "{outcome}");
            let run = domain::RunId(row(&stage, job).await.run_id.unwrap());
            let run = stage.db.store.run_get(run).await.unwrap().unwrap();
            assert_eq!(run.kind, "diagnostic");
            outcomes.push(outcome);
        }
        assert_eq!(outcomes, [
            "Compared 60 calls: 1 missing here",
            "Repaired: 1 missing and 0 told differently before. Compared again 60 calls: all alike",
            "Nothing to repair. Compared 60 calls: all alike",
        ]);
        stage.assert_equals_truth().await;
        crew.goes_home().await;
    }

    /// What cannot be done says why; what cannot be meant is not begun.
    async fn what_cannot_be_done_says_why(db) {
        let stage = Stage::set(db, small_windows(20)).await;
        let young = stage.ctx.now() - MINUTE;
        let span = JobParameters { from: Some(young), to: Some(stage.ctx.now()), ..JobParameters::default() };
        let job = ask(&stage, JobKind::Compare, span).await;
        let mut crew = Crew::of(&stage, 1).await;
        let (status, outcome) = crew.ended(job).await;
        assert_eq!(status, JobStatus::Failed);
        assert!(outcome.contains("too young to be compared"), "{outcome}");
        let future = JobParameters { to: Some(stage.ctx.now() + HOUR), ..span };
        let asked = engine::jobs::ask(
            &stage.db.store, stage.source.row.id, (JobKind::Sync, &future), "ann", stage.ctx.now()).await;
        assert!(matches!(asked, Err(JobError::Refused(_))), "{asked:?}");
        crew.goes_home().await;
    }

    /// Nobody works them off: asking on and on is refused, and nothing is lost of what waits.
    async fn a_queue_that_nobody_works_off_has_an_end(db) {
        let stage = Stage::set(db, small_windows(20)).await;
        let (store, source, now) = (&stage.db.store, stage.source.row.id, stage.ctx.now());
        let mut refused = 0;
        for n in 0..60 {
            let (from, to) = (Some(now - DAY * (n + 2)), Some(now - DAY));
            let span = JobParameters { from, to, ..JobParameters::default() };
            match engine::jobs::ask(store, source, (JobKind::Sync, &span), "ann", now).await {
                Err(JobError::TooMany) => refused += 1,
                asked => drop(asked.unwrap()),
            }
        }
        assert_eq!(refused, 10);
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM jobs").await, 50);
    }
}

/// Reading what was set aside ends the connection, as when the server restarts.
const CUT_AT_A_LOOK: &str = "
ALTER TABLE set_aside RENAME TO put_away;
CREATE FUNCTION cut() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN true; END $$;
CREATE VIEW set_aside AS SELECT * FROM put_away UNION ALL SELECT * FROM put_away WHERE cut()";

/// The server goes away in the middle of a comparison: that is no answer to who asked for it, and the
/// job is begun anew by whoever reaches the database first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comparison_that_lost_its_database_is_begun_anew() {
    TestDb::run(Kind::Postgres, |db| async move {
        let stage = Stage::set(db, small_windows(60)).await;
        read_whole(&stage).await;
        lose_one_amid(&stage).await;
        let job = ask(&stage, JobKind::Compare, JobParameters::default()).await;
        let bell = hangs_after(&stage, 1);
        let mut crew = Crew::of(&stage, 1).await;
        bell.notified().await;
        stage.db.execute(CUT_AT_A_LOOK).await;
        stage.simulator.faults().clear();
        let broken_off = until(async || {
            let run = stage.db.store.runs_list(None, 1).await.unwrap().remove(0);
            run.finished_at.is_some().then_some(run)
        })
        .await;
        assert_eq!(
            (broken_off.kind.as_str(), broken_off.status.as_str()),
            ("diagnostic", "failed")
        );
        broken_off.accounts().balance().unwrap();
        assert_eq!(row(&stage, job).await.ended_at, None, "it waits to be begun anew");

        stage.db.execute("DROP VIEW set_aside; ALTER TABLE put_away RENAME TO set_aside").await;
        stage.clock.pass(stage.ctx.settings.lease);
        let (status, outcome) = crew.ended(job).await;
        assert_eq!(
            (status, outcome.as_str()),
            (JobStatus::Done, "Compared 60 calls: 1 missing here")
        );
        assert_eq!(row(&stage, job).await.attempts, 2);
        crew.goes_home().await;
    })
    .await;
}
