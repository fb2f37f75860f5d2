//! Conversations at ElevenLabs: a cursor without a total, details that come later and go again
//! (A6, A12, A16, A18, A19, A22).

mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use domain::{ProviderCallId, RunStatus};
use engine::view::versions;
use simulators::elevenlabs::{Cursor, Edge, Settings, Simulator};
use simulators::{NewCall, World, WorldSettings};
use store::{CallKey, Scope};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};

use crate::play::{HOUR, MINUTE, balanced, ended};

/// A provider with these switches and our connection to it.
async fn rig(
    db: Arc<TestDb>,
    calls: usize,
    keys: &[(&'static str, &str)],
    switch: impl FnOnce(&mut Settings),
    prepare: impl FnOnce(&Simulator, i64),
) -> Rig {
    let keys = keys.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    let settings = RigSettings { calls, keys, ..RigSettings::default() };
    let clock = HandClock::at(settings.now);
    let world = World::generate(&WorldSettings {
        calls,
        days: settings.days,
        end: (settings.now - HOUR).as_millis(),
        record_bytes: 800,
        ..WorldSettings::default()
    });
    // Every call in these stories is answered, unless the story is about those that are not.
    let mut switches = Settings { unanswered_share: 0.0, ..Settings::default() };
    switch(&mut switches);
    let running = Simulator::start(world, switches, clock.for_simulator()).await.unwrap();
    prepare(&running, settings.now.as_millis());
    Rig::around(db, Box::new(running), clock, &settings).await
}

/// A call that began this long ago.
fn begin(rig: &Rig, ago: Duration) -> String {
    rig.provider.add((rig.ctx.now() - ago).as_millis())
}

async fn read_whole(rig: &Rig) {
    let report = rig.sync().await;
    balanced(&report);
    assert!(report.success, "{report:#?}");
}

/// Every content of a call that is kept, oldest first.
async fn texts(rig: &Rig, id: &str) -> Vec<String> {
    let key = CallKey { source: rig.source.row.id, id: ProviderCallId(id.to_owned()) };
    let versions = versions(&rig.db.store, Scope::Operator, &key).await.unwrap();
    versions.into_iter().map(|it| String::from_utf8(it.raw).unwrap()).collect()
}

async fn latest(rig: &Rig, id: &str) -> String {
    texts(rig, id).await.pop().unwrap()
}

fn details_asked(rig: &Rig) -> usize {
    let details = rig.provider.requests().into_iter().filter(|it| it.path.contains("/conv_"));
    details.count()
}

/// Pages of four end inside of seconds in which three calls began.
async fn ties_are_kept(db: Arc<TestDb>, cursor: Cursor) {
    let rig = rig(db, 20, &[("page_size", "4")], |it| it.cursor = cursor, |_, _| ()).await;
    for hour in 2..12_u32 {
        let ties = if hour % 3 == 0 { 3 } else { 2 };
        for _ in 0..ties {
            begin(&rig, HOUR * hour);
        }
    }
    read_whole(&rig).await;
    rig.assert_equals_truth().await;
    assert_eq!(rig.gaps().await, []);
}

/// Calls on and beside the borders of two runs are each counted in one of them.
async fn edges_are_kept(db: Arc<TestDb>, start: Edge, end: Edge) {
    let keys = [("margin_seconds", "0"), ("page_size", "4")];
    let switch = |it: &mut Settings| (it.range_start, it.range_end) = (start, end);
    let rig = rig(db, 10, &keys, switch, |_, _| ()).await;
    let lag = rig.source.connection.capabilities().lag;
    for off in [0, 1, 2] {
        begin(&rig, lag + Duration::from_secs(off));
        begin(&rig, lag.saturating_sub(Duration::from_secs(off)));
    }
    let first = rig.sync().await;
    rig.clock.pass(HOUR);
    let second = rig.sync().await;
    assert!(first.success && second.success, "{first:#?} {second:#?}");
    assert_eq!(first.new + second.new, rig.truth().len() as u64);
    rig.assert_equals_truth().await;
}

on_both_databases! {
    /// The cursor remembers the last call.
    async fn calls_of_one_second_at_a_page_edge_are_read_once(db) {
        ties_are_kept(db, Cursor::ByPlace).await;
    }

    /// The cursor remembers a second and goes on after it.
    async fn calls_of_one_second_that_a_cursor_skips_are_found(db) {
        ties_are_kept(db, Cursor::AfterSecond).await;
    }

    /// The cursor remembers a second and goes on with it.
    async fn calls_of_one_second_that_a_cursor_repeats_are_counted_once(db) {
        ties_are_kept(db, Cursor::FromSecond).await;
    }

    /// More calls in a second than a page holds, and a cursor that skips: said, not hidden.
    async fn a_second_with_more_calls_than_a_page_holds_is_not_proved(db) {
        let keys = [("page_size", "4")];
        let rig = rig(db, 5, &keys, |it| it.cursor = Cursor::AfterSecond, |_, _| ()).await;
        for _ in 0..9 {
            begin(&rig, HOUR * 5);
        }
        let report = rig.sync().await;
        balanced(&report);
        ended(&report, RunStatus::Partial, &["in which more calls began than a page holds"]);
        assert!(!rig.gaps().await.is_empty());
    }

    /// Both ends of a range belong to it.
    async fn calls_on_the_edges_of_inclusive_seconds_are_counted_once(db) {
        edges_are_kept(db, Edge::Inclusive, Edge::Inclusive).await;
    }

    /// Neither does.
    async fn calls_on_the_edges_of_exclusive_seconds_are_counted_once(db) {
        edges_are_kept(db, Edge::Exclusive, Edge::Exclusive).await;
    }

    /// Conversations appear when they end, and this one lasted longer than the lag.
    async fn a_long_conversation_listed_at_its_end_is_found_by_a_tier(db) {
        let rig = rig(db, 10, &[], |it| it.lists_running = false, |provider, now| {
            let long = NewCall { duration: 3000, ..NewCall::at(now - 30 * 60_000) };
            provider.mutate(|world| world.insert(long));
        }).await;
        read_whole(&rig).await;
        assert_eq!(rig.calls().await.len(), 10);
        for pass in [MINUTE * 15, HOUR * 3] {
            rig.clock.pass(pass);
            read_whole(&rig).await;
        }
        assert_eq!(rig.calls().await.len(), 11);
        rig.assert_equals_truth().await;
    }

    /// It is read while people talk, and then its ending is.
    async fn a_running_conversation_is_read_and_then_its_ending(db) {
        let rig = rig(db, 0, &[], |_| (), |provider, now| {
            let long = NewCall { duration: 3000, ..NewCall::at(now - 30 * 60_000) };
            provider.mutate(|world| world.insert(long));
        }).await;
        read_whole(&rig).await;
        let id = rig.truth().into_keys().next().unwrap();
        assert_eq!(rig.calls().await[&id].status, "in_progress");
        assert_eq!(rig.calls().await[&id].duration_ms, None);
        rig.clock.pass(HOUR);
        read_whole(&rig).await;
        assert_eq!(rig.calls().await[&id].status, "completed");
        rig.assert_equals_truth().await;
    }

    /// A row of the list has neither number nor words; the detail has, and the analysis comes late.
    async fn a_conversation_is_asked_for_until_it_is_analysed(db) {
        let rig = rig(db, 0, &[], |it| it.processing_seconds = 1800, |_, _| ()).await;
        let id = begin(&rig, MINUTE * 8);
        read_whole(&rig).await;
        let first = latest(&rig, &id).await;
        assert!(first.contains("When do you open?"), "no words in {first}");
        assert!(first.contains(r#""analysis":null"#));
        assert_eq!(rig.calls().await[&id].status, "completed");
        rig.clock.pass(HOUR);
        read_whole(&rig).await;
        let last = latest(&rig, &id).await;
        assert!(last.contains(r#""transcript_summary":"Caller asked about opening hours.""#));
        assert!(!last.contains(r#""analysis":null"#));

        let asked = details_asked(&rig);
        for _ in 0..5 {
            rig.clock.pass(HOUR * 30);
            read_whole(&rig).await;
        }
        assert_eq!(details_asked(&rig), asked, "what is whole is not asked for again");
    }

    /// Each call costs one request of its own, and none when it is read again.
    async fn every_detail_is_asked_for_once(db) {
        let rig = rig(db, 60, &[], |it| it.unanswered_share = 0.2, |_, _| ()).await;
        read_whole(&rig).await;
        assert_eq!(details_asked(&rig), 60);
        rig.sync_all().await;
        assert_eq!(details_asked(&rig), 60);
        rig.assert_equals_truth().await;
    }

    /// Its row changes, so its detail is asked for again.
    async fn an_analysis_made_anew_is_found_by_a_tier(db) {
        let rig = rig(db, 5, &[], |_| (), |_, _| ()).await;
        let id = begin(&rig, HOUR);
        read_whole(&rig).await;
        assert!(rig.provider.change(&id));
        rig.clock.pass(HOUR * 30);
        read_whole(&rig).await;
        let texts = texts(&rig, &id).await;
        assert!(!texts[0].contains("They will call again."));
        let both = texts.last().unwrap().matches("They will call again.").count();
        assert_eq!(both, 2, "in the row and in the detail");
    }

    /// Its words are deleted at the provider after we read them.
    async fn a_conversation_that_empties_itself_keeps_its_words_here(db) {
        let rig = rig(db, 0, &[], |it| it.retention_seconds = Some(3600), |_, _| ()).await;
        let id = begin(&rig, MINUTE * 20);
        read_whole(&rig).await;
        rig.clock.pass(HOUR * 5);
        read_whole(&rig).await;
        let texts = texts(&rig, &id).await;
        assert_eq!(texts.len(), 2, "that it was emptied is seen");
        assert!(texts[1].contains("When do you open?"), "{}", texts[1]);
        rig.assert_equals_truth().await;
    }

    /// Its words are deleted while its analysis is still awaited.
    async fn a_conversation_emptied_before_its_analysis_keeps_its_words_here(db) {
        let rig = rig(db, 0, &[], |it| {
            it.processing_seconds = 2 * 3600;
            it.retention_seconds = Some(3600);
        }, |_, _| ()).await;
        let id = begin(&rig, MINUTE * 20);
        read_whole(&rig).await;
        rig.clock.pass(HOUR * 5);
        read_whole(&rig).await;
        let last = latest(&rig, &id).await;
        assert!(last.contains("When do you open?"), "{last}");
        assert!(last.contains(r#""emptied":"#), "{last}");
        let asked = details_asked(&rig);
        rig.clock.pass(HOUR);
        read_whole(&rig).await;
        assert_eq!(details_asked(&rig), asked, "nothing more is expected of it");
    }

    /// It is gone there, and not here.
    async fn a_conversation_that_vanishes_stays_here(db) {
        let rig = rig(db, 3, &[], |_| (), |_, _| ()).await;
        let id = begin(&rig, HOUR);
        read_whole(&rig).await;
        assert!(rig.provider.remove(&id));
        rig.clock.pass(HOUR * 30);
        read_whole(&rig).await;
        assert!(latest(&rig, &id).await.contains("When do you open?"));
    }

    /// States, results and fields nobody published.
    async fn words_nobody_published_lose_no_call(db) {
        let rig = rig(db, 80, &[], |it| {
            it.unknown_values = true;
            it.auxiliary_audio = false;
            it.knows_sort = false;
            it.knows_summaries = false;
            it.broken_share = 0.2;
        }, |_, _| ()).await;
        read_whole(&rig).await;
        rig.assert_equals_truth().await;
        let calls = rig.calls().await;
        let with = |status: &str| calls.values().filter(|call| call.status == status).count();
        assert!(with("unknown") > 0 && with("failed") > 0 && with("completed") > 0);
    }
}
