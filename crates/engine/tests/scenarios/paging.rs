//! Pages that end early, shift, repeat, or are not the ones asked for (A1, A2, A5, A8).

use domain::{Mark, RunStatus};
use simulators::faults::{Echo, On, What};
use simulators::highlevel_voice_ai::PageSizeOverLimit;
use simulators::{NewCall, World};
use testkit::on_both_databases;

use crate::play::*;

/// Something changes after the first page of the newest window was answered.
async fn the_list_changes_once(
    db: std::sync::Arc<testkit::TestDb>,
    change: impl Fn(&mut World) + Send + Sync + 'static,
) {
    let stage = stage(db, |_| {}).await;
    let on = On::path(&newest(&stage)).page(1);
    let report = read_with(&stage, on.gives(What::then_mutate(change))).await;
    assert!(report.success, "a second look proves it: {report:#?}");
    none_is_missing(&stage).await;
    stage.assert_no_gaps().await;
}

fn nth_from_newest(world: &World, nth: usize) -> simulators::Call {
    let mut calls: Vec<_> = world.calls().to_vec();
    calls.sort_by_key(|call| std::cmp::Reverse(call.created_at));
    calls[nth].clone()
}

async fn a_page_goes_wrong(db: std::sync::Arc<testkit::TestDb>, what: What, words: &str) {
    let stage = stage(db, |_| {}).await;
    let before = calls_requests(&stage);
    let on = On::path(&newest(&stage)).page(2).forever();
    let report = read_with(&stage, on.gives(what)).await;
    ended(&report, RunStatus::Partial, &[words]);
    assert!(calls_requests(&stage) - before < 60, "it stops asking");
    assert!(!gaps(&stage, stage.ctx.now()).await.is_empty());
    let doubts = marks(&stage).await;
    assert!(
        doubts
            .iter()
            .any(|mark| matches!(mark, Mark::PossiblyTruncated(why) if why.contains(words))),
        "{doubts:?}"
    );
    heals(&stage).await;
}

on_both_databases! {
    /// The replaced system stopped after 50 pages of 100 and called that a success.
    async fn more_than_five_thousand_calls_are_read_whole(db) {
        let stage = stage(db, |it| {
            it.source = |_| {};
            it.world.calls = 5200;
            it.world.record_bytes = 720;
        }).await;
        let report = read_whole(&stage).await;
        assert_eq!(report.new, 5200);
    }

    /// A limit on the depth of pages is named, what was read is kept, and smaller windows help.
    async fn a_page_limit_leaves_the_rest_uncovered(db) {
        let mut stage = stage(db, |it| {
            it.simulator.page_max = Some(3);
            it.source = |source| source.page_size = 10;
        }).await;
        let report = stage.sync().await;
        balanced(&report);
        ended(&report, RunStatus::Partial, &["page ", "400 Bad Request", "`page_size`"]);
        assert!(report.new > 0, "what was read is kept");
        assert!(stage.calls().await.len() < CALLS);
        assert!(!stage.gaps().await.is_empty());

        stage.set_up_anew(|source| {
            source.page_size = 10;
            source.window_calls_max = 30;
            source.margin_hours = 2;
        }).await;
        read_whole(&stage).await;
    }

    /// "Shorter than asked, so it was the last page" ends the list after 50 calls.
    async fn fifty_a_page_where_a_hundred_were_asked_for_is_not_the_end(db) {
        let stage = stage(db, |it| {
            it.simulator.page_size_over_limit = PageSizeOverLimit::ClampTo50;
            it.source = |source| source.page_size = 100;
        }).await;
        let report = read_whole(&stage).await;
        assert_eq!(report.new, CALLS as u64);
    }

    /// A page size that is refused is a setting to change, never an empty list.
    async fn a_refused_page_size_is_named(db) {
        let mut stage = stage(db, |it| {
            it.simulator.page_size_over_limit = PageSizeOverLimit::Refuse422;
            it.source = |source| source.page_size = 100;
        }).await;
        let report = stage.sync().await;
        balanced(&report);
        ended(&report, RunStatus::Failed, &["422", "must not be greater than 50", "`page_size`"]);
        nothing_is_covered(&stage).await;

        stage.set_up_anew(small_pages).await;
        read_whole(&stage).await;
    }

    /// The same with a status that gives no reason.
    async fn a_page_size_refused_without_a_reason_is_guessed_at(db) {
        let stage = stage(db, |it| {
            it.simulator.page_size_over_limit = PageSizeOverLimit::Refuse400;
            it.source = |source| source.page_size = 100;
        }).await;
        let report = stage.sync().await;
        ended(&report, RunStatus::Failed, &["400", "`page_size`"]);
        nothing_is_covered(&stage).await;
    }

    /// A late call pushes the others one place on.
    async fn a_call_inserted_while_paging_is_found(db) {
        the_list_changes_once(db, |world| {
            let oldest = nth_from_newest(world, 70);
            world.insert(NewCall::at(oldest.created_at + 1));
        }).await;
    }

    /// A deleted call pulls the others one place back, and one slips through between two pages.
    async fn a_call_deleted_while_paging_hides_no_other(db) {
        the_list_changes_once(db, |world| {
            // Ascending, so the oldest call of the window is on page 1.
            let end = nth_from_newest(world, 0).created_at;
            let from = end - 15 * 86_400_000;
            let mut inside: Vec<_> =
                world.calls().iter().filter(|call| call.created_at > from).cloned().collect();
            inside.sort_by_key(|call| call.created_at);
            world.delete(&inside[0].id);
        }).await;
    }

    /// An edit moves nothing.
    async fn a_call_edited_while_paging_is_read_once(db) {
        the_list_changes_once(db, |world| {
            let id = nth_from_newest(world, 3).id;
            world.edit(&id, |call| call.duration += 1);
        }).await;
    }

    /// Until it rests, nothing is proved; and nothing that was seen is thrown away.
    async fn a_list_that_never_rests_is_not_proved(db) {
        let stage = stage(db, |_| {}).await;
        let at = (stage.ctx.now() - DAY * 3).as_millis();
        let restless = What::then_mutate(move |world| {
            let calls = i64::try_from(world.calls().len()).unwrap();
            world.insert(NewCall::at(at + calls));
        });
        let report = read_with(&stage, On::path("startDate=").forever().gives(restless)).await;
        assert!(!report.success);
        logged(&report, "the provider's total moved from");
        assert!(report.new > CALLS as u64 / 2);
        heals(&stage).await;
    }

    /// Only the records betray it.
    async fn a_page_that_repeats_another_ends_the_walk(db) {
        a_page_goes_wrong(
            db,
            What::RepeatPage { page: 1, echo: Echo::Asked },
            "page 2 repeats records of earlier pages only",
        ).await;
    }

    /// It says so itself.
    async fn a_page_other_than_asked_ends_the_walk(db) {
        a_page_goes_wrong(
            db,
            What::RepeatPage { page: 1, echo: Echo::Served },
            "page 2 was asked for and page 1 came",
        ).await;
    }

    /// The records are right and the number is not: believed only once it is.
    async fn a_page_under_a_wrong_number_proves_nothing(db) {
        a_page_goes_wrong(db, What::EchoOtherPage(7), "page 2 was asked for and page 7 came").await;
    }

    /// One record silently left out is missed by the total.
    async fn a_record_left_out_of_its_page_is_missed(db) {
        let stage = stage(db, |_| {}).await;
        let on = On::path(&newest(&stage)).page(1).forever();
        let report = read_with(&stage, on.gives(What::OmitRecord(3))).await;
        ended(&report, RunStatus::Partial, &["the provider says there are", "and lists"]);
        assert!(!stage.gaps().await.is_empty());
        heals(&stage).await;
    }

    /// A record that comes twice is one call.
    async fn a_record_that_comes_twice_is_counted_once(db) {
        let stage = stage(db, |_| {}).await;
        stage.simulator.faults().add(On::path(&newest(&stage)).page(2).gives(What::RepeatRecord(3)));
        let report = read_whole(&stage).await;
        assert_eq!(report.new, CALLS as u64);
        assert!(report.repeated >= 1);
    }

    /// Calls of one millisecond in an order that changes from page to page: some come twice,
    /// others never.
    async fn ties_without_an_order_are_not_taken_as_whole(db) {
        let mut stage = stage(db, |it| {
            it.simulator.unstable_ties = true;
            it.world.calls = 10;
        }).await;
        let at = (stage.ctx.now() - DAY * 2).as_millis();
        stage.simulator.mutate(|world| (0..30).for_each(|_| drop(world.insert(NewCall::at(at)))));
        let report = stage.sync().await;
        balanced(&report);
        assert!(stage.calls().await.len() < 40, "the order of ties matters here");
        ended(&report, RunStatus::Partial, &["and lists"]);

        // On one page there is no edge to fall over.
        stage.set_up_anew(|source| source.page_size = 50).await;
        read_whole(&stage).await;
    }

    /// One call goes and another comes during one walk: the total cannot tell, so the next tier must.
    async fn a_swap_while_paging_is_found_by_the_next_tier(db) {
        let stage = stage(db, |it| it.world.days = 3).await;
        let late = (stage.ctx.now() - HOUR - MINUTE).as_millis();
        let swap = What::then_mutate(move |world| {
            let first = nth_from_newest(world, world.calls().len() - 1);
            world.delete(&first.id);
            world.insert(NewCall::at(late));
        });
        let report = read_with(&stage, On::path(&newest(&stage)).page(1).gives(swap)).await;
        assert!(report.success);
        // Everything reached the tier of seven days by then.
        for tier in [MINUTE * 20, HOUR * 3, DAY * 2, DAY * 9] {
            stage.clock.pass(tier);
            assert!(stage.sync().await.success);
        }
        none_is_missing(&stage).await;
    }
}
