//! A history without pages or totals, of which little is documented (A3, A9, A10, A12, A18, A22,
//! B1), and every belief about it, both ways.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{Awaited, Country, ProviderCallId, RunStatus, Window};
use providers::{ProbeOutcome, parts};
use simulators::faults::{On, What};
use simulators::teli::{
    AgentIds, Edges, ExportTime, FilterField, LimitOverMax, OmittedStatus, Order, Paging, Settings,
    Simulator, TimeShape,
};
use simulators::{NewCall, World, WorldSettings};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};
use tokio::sync::mpsc;

use crate::play::{DAY, HOUR, MINUTE};

/// A rig around a Teli with these switches and, besides the usual calls, these.
async fn rig(
    db: Arc<TestDb>,
    switches: Settings,
    calls: usize,
    more: impl FnOnce(i64) -> Vec<NewCall>,
) -> Rig {
    let settings = RigSettings { calls, ..RigSettings::default() };
    rig_of(db, switches, settings, more).await
}

async fn rig_of(
    db: Arc<TestDb>,
    switches: Settings,
    settings: RigSettings,
    more: impl FnOnce(i64) -> Vec<NewCall>,
) -> Rig {
    let clock = HandClock::at(settings.now);
    let mut world = World::generate(&WorldSettings {
        calls: settings.calls,
        days: settings.days,
        end: (settings.now - HOUR).as_millis(),
        record_bytes: 800,
        ..WorldSettings::default()
    });
    for call in more(settings.now.as_millis()) {
        world.insert(call);
    }
    let running = Simulator::start(world, switches, clock.for_simulator()).await.unwrap();
    Rig::around(db, Box::new(running), clock, &settings).await
}

fn nothing(_now: i64) -> Vec<NewCall> {
    Vec::new()
}

/// Whatever of this is so at Teli, everything is read and proved.
async fn is_read_whole(db: Arc<TestDb>, switches: Settings) {
    let rig = rig(db, switches, 330, nothing).await;
    let report = rig.sync().await;
    assert!(report.success, "{report:#?}");
    rig.assert_equals_truth().await;
    assert_eq!(rig.gaps().await, []);
}

/// Every window is read a second time by the export, and both agree.
async fn verifies(db: Arc<TestDb>, switches: Settings) {
    let keys = vec![("verify_with_export", "true".to_owned())];
    let settings = RigSettings { keys, ..RigSettings::default() };
    let rig = rig_of(db, switches, settings, nothing).await;
    let report = rig.sync().await;
    assert!(report.success, "{report:#?}");
    rig.assert_equals_truth().await;
}

/// Trying out a known call fits nothing, so every window stays open, and the doctor says why.
async fn proves_nothing(db: Arc<TestDb>, switches: Settings) {
    let rig = rig(db, switches, 60, nothing).await;
    let report = rig.sync().await;
    assert!(!report.success && report.windows_proved == 0, "{report:#?}");
    assert!(!rig.gaps().await.is_empty());
    let probes = rig.source.connection.examine().await;
    let field = probes.iter().find(|probe| probe.name == "window_field").unwrap();
    assert_eq!(field.outcome, ProbeOutcome::Wrong, "{field:?}");
}

/// 150 calls in one millisecond, two days ago.
fn a_crowd(now: i64) -> Vec<NewCall> {
    (0..150).map(|_| NewCall::at(now - 2 * 86_400_000)).collect()
}

on_both_databases! {
    /// A list ends after its newest hundred and says nothing.
    async fn more_calls_than_an_answer_holds_are_read_by_cutting(db) {
        let rig = rig(db, Settings::default(), 1_500, nothing).await;
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        assert_eq!(report.new, 1_500);
        rig.assert_equals_truth().await;
        assert_eq!(rig.gaps().await, []);
        let asked = lists(&rig);
        assert!(asked < 80, "{asked} requests for 15 answers in two windows");
    }

    /// A full answer at the shortest time there is: the export knows.
    async fn a_full_millisecond_is_settled_by_the_export(db) {
        let rig = rig(db, Settings::default(), 120, a_crowd).await;
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        rig.assert_equals_truth().await;
        assert!(rig.provider.requests().iter().any(|it| it.query.contains("format=json")));
    }

    /// Without one, the window stays open, with its numbers, and what came is kept.
    async fn a_full_millisecond_without_an_export_is_possibly_truncated(db) {
        let switches = Settings { has_export: false, ..Settings::default() };
        let rig = rig(db, switches, 120, a_crowd).await;
        let report = rig.sync().await;
        assert_eq!(report.status, RunStatus::Partial, "{report:#?}");
        assert!(report.error.as_deref().unwrap().contains("possibly truncated"), "{report:#?}");
        assert!(!rig.gaps().await.is_empty());
        assert!(rig.calls().await.len() >= 200, "what came is kept");
    }

    /// Parameters of another name are ignored in silence, and every window lists the newest calls.
    async fn dates_that_are_ignored_prove_nothing(db) {
        let ignored_parameters = ["start_date", "end_date"].map(str::to_owned).to_vec();
        let switches = Settings { ignored_parameters, ..Settings::default() };
        let rig = rig(db, switches, 330, nothing).await;
        let report = rig.sync().await;
        assert!(!report.success, "{report:#?}");
        assert!(report.error.as_deref().unwrap().contains("dates are ignored"), "{report:#?}");
        assert!(!rig.gaps().await.is_empty());
        assert!(lists(&rig) < 600, "it stops asking");
        let probes = rig.source.connection.examine().await;
        let future = probes.iter().find(|probe| probe.name == "far_future").unwrap();
        assert_eq!(future.outcome, ProbeOutcome::Wrong, "{future:?}");
    }

    /// Without `call_status` only ended calls are listed.
    async fn failed_calls_are_asked_for_by_their_status(db) {
        is_read_whole(db, Settings { error_share: 0.4, ..Settings::default() }).await;
    }

    /// A status no page names, which shows only where none is asked for.
    async fn a_status_nobody_documented_is_read_once_it_shows(db) {
        let hidden_status = Some(("not_connected", 0.3));
        let omitted_status = OmittedStatus::All;
        is_read_whole(db, Settings { hidden_status, omitted_status, ..Settings::default() }).await;
    }

    /// A status that no list shows: the doctor's second enumeration has it, if the export does.
    async fn a_status_no_list_shows_is_named_by_the_export(db) {
        let switches = Settings {
            hidden_status: Some(("not_connected", 0.5)),
            export_omitted_status: OmittedStatus::All,
            ..Settings::default()
        };
        let rig = rig(db, switches, 600, nothing).await;
        let probes = rig.source.connection.examine().await;
        let export = probes.iter().find(|probe| probe.name == "export").unwrap();
        assert_eq!(export.outcome, ProbeOutcome::Wrong, "{export:?}");
        assert!(export.sentence.contains("the list lacks"), "{export:?}");
    }

    /// Rows have neither numbers nor words: the call is asked for by its id, until all is there.
    async fn rows_without_numbers_are_completed_by_their_detail(db) {
        let rig = rig(db, Settings::default(), 30, nothing).await;
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        rig.assert_equals_truth().await;
        for call in rig.calls().await.into_values() {
            assert!(call.from_raw.is_some() || call.to_raw.is_some(), "{call:?}");
            let words = store::parts::TRANSCRIPT | store::parts::SUMMARY;
            assert_eq!(call.parts & words, words, "{call:?}");
        }
        let connection = &rig.source.connection;
        for record in listed(&rig).await {
            let bare = connection.normalise(&record, Country::US).unwrap();
            assert!(bare.from.is_none() && bare.to.is_none());
            assert_eq!(bare.awaits, Some(Awaited::Detail));
            let detail = connection.record(&bare.provider_call_id).await.unwrap().unwrap();
            let whole = parts::merge(&record, detail.bytes);
            let call = connection.normalise(&whole, Country::US).unwrap();
            assert!(call.from.is_some() || call.to.is_some());
            assert!(call.transcript.is_some() && call.summary.is_some());
            assert_eq!(call.awaits, None, "{:?}", call.status);
        }
    }

    /// A detail that lags or fails leaves the row as it is, and is awaited.
    async fn a_detail_that_lags_does_not_unsettle_its_row(db) {
        let switches = Settings { detail_after_seconds: 86_400 * 40, ..Settings::default() };
        let rig = rig(db, switches, 30, nothing).await;
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        rig.assert_equals_truth().await;
        let id = ProviderCallId(rig.truth().into_keys().next().unwrap());
        assert!(rig.source.connection.record(&id).await.unwrap().is_none());
    }

    /// Analysis and recording come an hour after the call, and the row changes.
    async fn a_late_analysis_is_found(db) {
        let switches = Settings {
            analysis_after_seconds: 3_600,
            recording_after_seconds: 5_400,
            bumps_updated_at: false,
            ..Settings::default()
        };
        let rig = rig(db, switches, 30, |now| vec![NewCall::at(now - 12 * 60_000)]).await;
        rig.sync().await;
        let before = listed(&rig).await;
        assert!(before.iter().any(|record| contains(record, "\"user_sentiment\":null")));
        let mut updated = 0;
        for pass in [MINUTE * 17, HOUR * 3, DAY * 2] {
            rig.clock.pass(pass);
            updated += rig.sync().await.updated;
        }
        assert!(updated > 0);
        let all = rig.sync_all().await;
        assert_eq!((all.new, all.updated), (0, 0), "{all:#?}");
    }

    /// Rows appear hours after the end of a call, under an old start.
    async fn a_call_listed_hours_late_is_found(db) {
        let late = |now: i64| {
            let hidden_until = Some(now + 3 * 3_600_000);
            vec![NewCall { hidden_until, ..NewCall::at(now - 20 * 60_000) }]
        };
        let rig = rig(db, Settings::default(), 30, late).await;
        assert_eq!(rig.sync().await.new, 30);
        for pass in [HOUR, HOUR * 3, DAY * 2] {
            rig.clock.pass(pass);
            assert!(rig.sync().await.success);
        }
        assert_eq!(rig.calls().await.len(), 31);
        rig.assert_equals_truth().await;
    }

    /// One agent, one instant, no number: five calls.
    async fn calls_of_one_agent_in_one_instant_stay_apart(db) {
        let five = |now: i64| -> Vec<NewCall> {
            (0..5).map(|_| NewCall::at(now - 86_400_000)).collect()
        };
        let rig = rig(db, Settings::default(), 20, five).await;
        assert_eq!(rig.sync().await.new, 25);
        rig.assert_equals_truth().await;
    }

    /// Two ends, inclusive or not.
    async fn exclusive_ends_lose_nothing(db) {
        is_read_whole(db, Settings { edges: Edges::Exclusive, ..Settings::default() }).await;
    }

    /// The start in, the end out.
    async fn half_open_ends_lose_nothing(db) {
        is_read_whole(db, Settings { edges: Edges::HalfOpen, ..Settings::default() }).await;
    }

    /// Windows compared with the creation of the row.
    async fn windows_compared_with_the_creation_lose_nothing(db) {
        let filter_field = FilterField::Created;
        is_read_whole(db, Settings { filter_field, ..Settings::default() }).await;
    }

    /// The same, with neither end in.
    async fn windows_compared_with_the_creation_exclusively_lose_nothing(db) {
        let filter_field = FilterField::Created;
        let edges = Edges::Exclusive;
        is_read_whole(db, Settings { filter_field, edges, ..Settings::default() }).await;
    }

    /// Ends cut to whole seconds.
    async fn coarse_ends_lose_nothing(db) {
        is_read_whole(db, Settings { range_precision_ms: 1_000, ..Settings::default() }).await;
    }

    /// Answers of another length than asked for.
    async fn shorter_answers_lose_nothing(db) {
        is_read_whole(db, Settings { limit_max: 30, ..Settings::default() }).await;
    }

    /// More than the most is refused.
    async fn a_refused_limit_is_never_asked_for(db) {
        let limit_over_max = LimitOverMax::Refuse400;
        is_read_whole(db, Settings { limit_over_max, ..Settings::default() }).await;
    }

    /// Pages that work, a count that is a total, another order every time.
    async fn undocumented_pages_counts_and_orders_lose_nothing(db) {
        let (paging, order) = (Paging::Honoured, Order::Any);
        let count_is_total = true;
        is_read_whole(db, Settings { paging, order, count_is_total, ..Settings::default() }).await;
    }

    /// Everything without a status, and ties in any order.
    async fn everything_without_a_status_counts_once(db) {
        let omitted_status = OmittedStatus::All;
        let unstable_ties = true;
        is_read_whole(db, Settings { omitted_status, unstable_ties, ..Settings::default() }).await;
    }

    /// Calls listed while they go on.
    async fn calls_under_way_are_read_and_then_their_end(db) {
        let switches = Settings { lists_ongoing: true, ..Settings::default() };
        let long = |now: i64| vec![NewCall { duration: 3_600, ..NewCall::at(now - 20 * 60_000) }];
        let rig = rig(db, switches, 60, long).await;
        assert!(rig.sync().await.success);
        rig.assert_equals_truth().await;
        for pass in [MINUTE * 20, HOUR * 3, DAY * 2] {
            rig.clock.pass(pass);
            assert!(rig.sync().await.success);
        }
        rig.assert_equals_truth().await;
    }

    /// Numbers as texts, fields left out or made up, numbers and words in the list.
    async fn other_shapes_are_read(db) {
        is_read_whole(db, Settings {
            time_shape: TimeShape::Text,
            omit_optional_share: 0.4,
            extra_fields: true,
            rich_rows: true,
            agent_ids: AgentIds::Uuid,
            ..Settings::default()
        }).await;
    }

    /// A row without a start goes by the time it was made.
    async fn rows_without_a_start_go_by_their_creation(db) {
        is_read_whole(db, Settings { without_start_share: 0.2, ..Settings::default() }).await;
    }

    /// A recording signed anew for every answer is no change.
    async fn a_new_signature_is_no_change(db) {
        let switches = Settings { signed_urls: true, ..Settings::default() };
        let rig = rig(db, switches, 60, nothing).await;
        assert!(rig.sync().await.success);
        rig.clock.pass(MINUTE);
        let again = rig.sync_all().await;
        assert_eq!((again.new, again.updated), (0, 0), "{again:#?}");
    }

    /// An error in the dress of a success, and one record nobody can read.
    async fn answers_that_lie_are_asked_for_again(db) {
        let rig = rig(db, Settings::default(), 120, nothing).await;
        let failed = What::status(200, r#"{"error":"Failed to list calls","success":false}"#);
        rig.provider.strike(On::path("call_status=ended").times(2).gives(failed));
        assert!(rig.sync().await.success);
        rig.assert_equals_truth().await;
    }

    /// A web page, or what a framework says of any address, in the place of a call asked for by its
    /// id: that is not Teli saying that the call is gone, and the run is no success.
    async fn a_404_that_is_not_telis_own_is_no_gone_call(db) {
        let bare = What::status(404, r#"{"detail":"Not Found"}"#);
        for (name, what) in [("a page", What::Html(404)), ("a word", bare)] {
            let settings = RigSettings { calls: 30, name, ..RigSettings::default() };
            let rig = rig_of(Arc::clone(&db), Settings::default(), settings, nothing).await;
            rig.provider.strike(On::path("/v1/voice/calls/").forever().gives(what));
            let report = rig.sync().await;
            assert_eq!(report.status, RunStatus::Partial, "{name}: {report:#?}");
            assert!(report.error.as_deref().unwrap().contains("404"), "{name}: {report:#?}");
            assert_eq!(rig.calls().await.len(), 30, "{name}: what the list has is kept");
        }
    }

    /// Every window is read twice, and both readings agree.
    async fn a_second_reading_by_the_export_agrees(db) {
        verifies(db, Settings::default()).await;
    }

    /// The same whatever time the export writes.
    async fn an_export_in_local_time_agrees(db) {
        verifies(db, Settings { export_time: ExportTime::Local, ..Settings::default() }).await;
    }

    /// The same.
    async fn an_export_in_seconds_agrees(db) {
        verifies(db, Settings { export_time: ExportTime::Seconds, ..Settings::default() }).await;
    }

    /// An export that is as short as a list is cut until it is not.
    async fn an_export_that_heeds_limits_agrees(db) {
        verifies(db, Settings { export_honours_limit: true, ..Settings::default() }).await;
    }

    /// Windows are compared with nothing we know of: what is read is kept, and nothing is proved.
    async fn windows_compared_with_the_processing_prove_nothing(db) {
        let filter_field = FilterField::Processed;
        proves_nothing(db, Settings { filter_field, ..Settings::default() }).await;
    }

    /// The same where a window begins and ends with a day.
    async fn windows_as_coarse_as_a_day_prove_nothing(db) {
        proves_nothing(db, Settings { range_precision_ms: 86_400_000, ..Settings::default() }).await;
    }

    /// Another organisation's key.
    async fn a_foreign_key_is_not_an_empty_list(db) {
        let mut settings = RigSettings::default();
        settings.keys.push(("organization_id", "\"1760000000000x100000000000000000\"".to_owned()));
        let rig = rig_of(db, Settings::default(), settings, nothing).await;
        let report = rig.sync().await;
        assert_eq!(report.status, RunStatus::Failed, "{report:#?}");
        assert!(report.error.as_deref().unwrap().contains("`organization_id`"), "{report:#?}");
        assert!(!rig.gaps().await.is_empty());
    }
}

/// Every record of the list, as it leaves the connection.
async fn listed(rig: &Rig) -> Vec<Vec<u8>> {
    let window = Window::new(rig.source.row.since, rig.ctx.now()).unwrap();
    let (pages, mut arriving) = mpsc::channel(1);
    let connection = rig.source.connection.clone();
    let walking = async move { connection.walk(window, &pages).await };
    let mut records = Vec::new();
    let mut seen = BTreeSet::new();
    let collecting = async {
        while let Some(page) = arriving.recv().await {
            for (record, _) in page.records {
                if seen.insert(record.identity.as_ref().unwrap().id.clone()) {
                    records.push(record.bytes.to_vec());
                }
            }
        }
    };
    let (walked, ()) = tokio::join!(walking, collecting);
    walked.unwrap();
    records
}

/// How often a list or an export was asked for.
fn lists(rig: &Rig) -> usize {
    let path = rig.provider.list_path();
    rig.provider.requests().iter().filter(|request| request.path == path).count()
}

fn contains(record: &[u8], text: &str) -> bool {
    record.windows(text.len()).any(|part| part == text.as_bytes())
}
