//! Any world, any small script of faults: once they end and the tiers have passed, the database
//! is the truth.

use std::sync::Arc;
use std::time::Duration;

use simulators::NewCall;
use simulators::faults::{BadRecord, Echo, Fault, On, What};
use testkit::{Dice, Stage, TestDb, on_both_databases};

use crate::play::*;

fn what(dice: &mut Dice, stage: &Stage) -> What {
    let at = (stage.ctx.now() - HOUR * (1 + u32::try_from(dice.roll(100)).unwrap())).as_millis();
    let nth = dice.small(50);
    let kinds = [
        What::status(500, "{}"),
        What::status(503, "{}"),
        What::status(401, r#"{"message":"Invalid JWT"}"#),
        What::Html(502),
        What::TooMany429 { retry_after: Some(3), with_headers: false },
        What::ErrorBodyWith200,
        What::EmptyBody,
        What::EmptyPage200,
        What::HalfBody,
        What::CloseMidBody,
        What::WrongContentLength,
        What::RepeatPage { page: 1, echo: Echo::Asked },
        What::RepeatPage { page: 2, echo: Echo::Served },
        What::EchoOtherPage(9),
        What::TotalPlus(1),
        What::TotalPlus(-1),
        What::RawControlCharacters,
        What::LoseResponseAfterEffect,
        What::OmitRecord(dice.small(10)),
        What::RepeatRecord(dice.small(10)),
        What::Shuffle(dice.roll(1000)),
        What::BadRecords(vec![(dice.small(10), BadRecord::WithoutId)]),
        What::BadRecords(vec![(dice.small(10), BadRecord::TextDuration)]),
        What::then_mutate(move |world| drop(world.insert(NewCall::at(at)))),
        What::then_mutate(move |world| {
            let id = world.calls()[nth].id.clone();
            world.edit(&id, |call| call.duration += 1);
        }),
    ];
    dice.one_of(&kinds)
}

fn fault(dice: &mut Dice, stage: &Stage) -> Fault {
    let mut on = On::path("call-logs").from_nth(1 + dice.small(12)).times(1 + dice.small(4));
    if dice.roll(2) == 0 {
        on = on.page(1 + u32::try_from(dice.roll(4)).unwrap());
    }
    on.gives(what(dice, stage))
}

async fn whatever_happens(db: Arc<TestDb>, seed: u64) {
    let mut dice = Dice::new(seed);
    let stage = stage(db, |it| {
        it.world.seed = seed;
        it.world.calls = 60 + dice.small(60);
        it.world.days = 6;
        it.simulator.summary_after_seconds = 600;
        it.simulator.duration_after_seconds = 1800;
        it.tuning.retry.attempts_max = 2;
    })
    .await;
    for _ in 0..4 {
        for _ in 0..2 {
            let fault = fault(&mut dice, &stage);
            stage.simulator.faults().add(fault);
        }
        balanced(&stage.sync().await);
        stage.clock.pass(HOUR);
        let new = call_ago(&stage, MINUTE * (1 + u32::try_from(dice.roll(50)).unwrap()));
        stage.simulator.mutate(|world| world.insert(new));
    }
    stage.simulator.faults().clear();
    for age in [Duration::ZERO, HOUR * 3, DAY * 2, DAY * 9] {
        stage.clock.pass(age);
        let report = stage.sync().await;
        balanced(&report);
        assert!(report.success, "seed {seed}: {report:#?}");
    }
    stage.assert_equals_truth().await;
    stage.assert_no_gaps().await;
    let (set_aside, stored) = {
        let store = &stage.db.store;
        let source = stage.source.row.id;
        (store.set_aside_count(source).await.unwrap(), stage.calls().await.len())
    };
    assert!(set_aside <= 16 && stored >= 60);
}

on_both_databases! {
    /// Seed 1.
    async fn whatever_goes_wrong_the_truth_is_here_in_the_end_1(db) { whatever_happens(db, 1).await; }
    /// Seed 2.
    async fn whatever_goes_wrong_the_truth_is_here_in_the_end_2(db) { whatever_happens(db, 2).await; }
    /// Seed 3.
    async fn whatever_goes_wrong_the_truth_is_here_in_the_end_3(db) { whatever_happens(db, 3).await; }
    /// Seed 4.
    async fn whatever_goes_wrong_the_truth_is_here_in_the_end_4(db) { whatever_happens(db, 4).await; }
    /// Seed 5.
    async fn whatever_goes_wrong_the_truth_is_here_in_the_end_5(db) { whatever_happens(db, 5).await; }
    /// Seed 6.
    async fn whatever_goes_wrong_the_truth_is_here_in_the_end_6(db) { whatever_happens(db, 6).await; }
}
