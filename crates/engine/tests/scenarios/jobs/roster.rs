//! Sources that come, rest and change while workers work.

use std::sync::Arc;
use std::time::Duration;

use domain::{JobKind, JobParameters, JobStatus, Rhythm};
use engine::worker::{Rostered, Scheduled};
use engine::{Source, place};
use testkit::{Stage, on_both_databases};
use tokio::sync::watch;

use super::crew::{Crew, ask, ask_span, until};
use crate::keeping::{agent, ensure_account, small_windows};

fn rostered(source: &Source, version: i64, is_paused: bool) -> Arc<Vec<Rostered>> {
    let rhythm = Rhythm::Every(Duration::from_hours(2400));
    let scheduled = Scheduled { source: source.clone(), rhythm };
    Arc::new(vec![Rostered { scheduled, version, is_paused }])
}

/// Another source of the same provider.
async fn beside(stage: &Stage) -> Source {
    let (row, now) = (&stage.source.row, stage.ctx.now());
    let mut tx = stage.db.store.begin().await.unwrap();
    let other = tx.source_ensure("other", row.provider, &row.scope, row.since, now).await.unwrap();
    tx.commit().await.unwrap();
    Source { row: other, ..stage.source.clone() }
}

async fn runs_of(stage: &Stage, kind: &str) -> i64 {
    stage.db.number(&format!("SELECT COUNT(*) FROM runs WHERE kind = '{kind}'")).await
}

on_both_databases! {
    async fn a_source_that_rests_does_what_is_asked_and_nothing_by_itself(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let (roster, told) = watch::channel(Arc::default());
        let mut crew = Crew::by(&stage, 1, told);
        // It is set up while the worker works, and was never read, so that it is due at once; so is
        // another, which does not rest.
        let other = beside(&stage).await;
        let both = [rostered(&stage.source, 1, true), rostered(&other, 1, false)].map(|it| it[0].clone());
        roster.send_replace(Arc::new(both.to_vec()));
        for _ in 0..3 {
            let job = ask(&stage, JobKind::Sync, JobParameters::default()).await;
            assert_eq!(crew.ended(job).await.0, JobStatus::Done);
        }
        until(async || (runs_of(&stage, "auto").await > 0).then_some(())).await;
        let resting = stage.source.row.id;
        let of_its_own = format!("SELECT COUNT(*) FROM runs WHERE kind = 'auto' AND source_id = {resting}");
        assert_eq!(stage.db.number(&of_its_own).await, 0);
        stage.assert_equals_truth().await;
        crew.goes_home().await;
    }

    async fn a_source_that_is_let_go_on_is_read_and_one_that_changed_in_its_new_way(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let (roster, told) = watch::channel(rostered(&stage.source, 1, true));
        let mut crew = Crew::by(&stage, 1, told);
        roster.send_replace(rostered(&stage.source, 1, false));
        until(async || (runs_of(&stage, "auto").await > 0).then_some(())).await;
        until(async || stage.gaps().await.is_empty().then_some(())).await;
        stage.assert_equals_truth().await;
        // Its credential opens nothing any more: a job that is begun from now on says so.
        let wrong = stage.with_token("pit-wrong").await;
        roster.send_replace(rostered(&wrong, 2, true));
        until(async || {
            let job = ask_span(&stage).await;
            (crew.ended(job).await.0 == JobStatus::Failed).then_some(())
        })
        .await;
        crew.goes_home().await;
    }

    /// Somebody is interrupted between a change and the calls it moves, of a source that nobody reads:
    /// one while no worker works, and one while they do.
    async fn what_was_interrupted_is_finished_of_a_source_that_rests(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        assert!(stage.sync().await.success);
        let listed = stage.simulator.mutate(|world| world.agents().to_vec());
        let mut listed = listed.into_iter().filter(|agent| !agent.is_deleted);
        decided(&stage, &listed.next().unwrap().id).await;
        let (_never_changed, told) = watch::channel(rostered(&stage.source, 1, true));
        let crew = Crew::by(&stage, 1, told);
        let until_all_moved = || until(async || {
            let left = "SELECT COUNT(*) FROM replacements";
            (stage.db.number(left).await == 0).then_some(())
        });
        until_all_moved().await;
        assert!(placed(&stage).await > 0);
        let before = placed(&stage).await;
        decided(&stage, &listed.next().unwrap().id).await;
        stage.clock.pass(Duration::from_mins(11));
        until_all_moved().await;
        assert!(placed(&stage).await > before);
        assert_eq!(runs_of(&stage, "auto").await, 0, "it rests");
        crew.goes_home().await;
    }
}

/// A change is written down, and whoever made it comes no further.
async fn decided(stage: &Stage, provider_agent_id: &str) {
    let agent = agent(stage, provider_agent_id).await;
    let assignment = place::for_ever(agent, ensure_account(stage, "Maple").await);
    let (store, change) = (&stage.db.store, place::Change::Assign(assignment));
    let decided = place::decide(store, change, "ann", stage.ctx.now()).await.unwrap();
    assert!(decided.id.is_some());
}

async fn placed(stage: &Stage) -> i64 {
    stage.db.number("SELECT COUNT(*) FROM calls WHERE placement = 'placed'").await
}
