//! Twilio: filters that hide calls, days for seconds, cursors, late prices (A12, A16–A19, A23, A24).

mod recordings;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use domain::{Awaited, ProviderCallId, RunStatus, Timestamp, Window};
use engine::sync::{RunReport, SyncOptions, sync};
use engine::view::versions;
use providers::{Probe, ProbeOutcome};
use simulators::faults::{Echo, On, What};
use simulators::twilio::{
    Cursor, ErrorBody, Granularity, Hand, Insights, Order, Outcome, RangeEnd, Settings, Simulator,
    StartFilter,
};
use simulators::world::line_sid;
use simulators::{NewCall, World, WorldSettings};
use store::{CallKey, Scope};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};
use tokio::sync::mpsc;

use crate::play::{DAY, HOUR, MINUTE};

type Key = (&'static str, String);

/// A small account that behaves as `switches` say, read with these `keys`.
async fn rig(db: Arc<TestDb>, switches: Settings, keys: &[Key]) -> (Rig, Hand) {
    rig_beside(db, switches, |_| keys.to_vec()).await
}

/// The same with keys that depend on where the simulator listens.
async fn rig_beside(
    db: Arc<TestDb>,
    switches: Settings,
    keys: impl FnOnce(&str) -> Vec<Key>,
) -> (Rig, Hand) {
    let mut settings = RigSettings { calls: 150, days: 12, ..RigSettings::default() };
    settings.tuning.retry.attempts_max = 3;
    let clock = HandClock::at(settings.now);
    let world = World::generate(&WorldSettings {
        calls: settings.calls,
        days: settings.days,
        end: (settings.now - HOUR).as_millis(),
        record_bytes: 800,
        ..WorldSettings::default()
    });
    let simulator = Simulator::start(world, switches, clock.for_simulator()).await.unwrap();
    settings.keys = keys(&simulator.base_url());
    let hand = simulator.hand();
    (Rig::around(db, Box::new(simulator), clock, &settings).await, hand)
}

fn small_pages() -> Vec<Key> {
    vec![("page_size", "20".to_owned()), ("window_days_max", "4".to_owned())]
}

/// A minute-long call that began this long ago.
fn ago(rig: &Rig, ago: Duration) -> NewCall {
    NewCall::at((rig.ctx.now() - ago).as_millis())
}

/// Reads what the ledger lacks, and demands that everything is here and proved afterwards.
async fn read_whole(rig: &Rig) -> RunReport {
    let report = rig.sync().await;
    assert!(report.success, "{report:#?}");
    rig.assert_equals_truth().await;
    assert_eq!(rig.gaps().await, []);
    report
}

async fn read_window(rig: &Rig, from: Timestamp, to: Timestamp) -> RunReport {
    let asked = Some(Window::new(from, to).unwrap());
    let options = SyncOptions { asked, ..SyncOptions::manual() };
    let report = sync(&rig.ctx, &rig.source, options).await.unwrap();
    report.accounts().balance().unwrap();
    assert!(report.success, "{report:#?}");
    report
}

/// Calls on the edges of windows that meet at the end of a day and in its middle.
async fn edges_are_kept(db: Arc<TestDb>, switches: Settings, keys: &[Key]) {
    let (rig, hand) = rig(db, switches, keys).await;
    let edges = ["2026-03-27T12:00:00Z", "2026-03-28T00:00:00Z", "2026-03-28T12:00:00Z"];
    let edges = edges.map(testkit::instant);
    for edge in edges {
        for off in [-1000, 0, 1000] {
            hand.add(NewCall::at(edge.as_millis() + off), Outcome::Completed);
            hand.add(NewCall::at(edge.as_millis() + off), Outcome::CanceledQueued);
        }
    }
    let first = read_window(&rig, edges[0], edges[1]).await;
    let second = read_window(&rig, edges[1], edges[2]).await;
    let ours = rig.calls().await;
    assert_eq!(first.new + second.new, ours.len() as u64);
    let span = edges[0].as_millis()..edges[2].as_millis();
    let inside: Vec<_> =
        rig.truth().into_values().filter(|call| span.contains(&call.occurred_at)).collect();
    assert!(inside.len() >= 12);
    for call in inside {
        assert!(ours.contains_key(&call.id), "not found: {call:?}");
    }
    read_whole(&rig).await;
}

/// The list of the newest calls by their start, as a request for its first page begins.
const NEWEST: &str = "StartTime%3C=2026-04-01";

/// The call by whose SID the list of the newest calls goes on after its first page.
async fn named_by_the_first_page(rig: &Rig) -> String {
    let now = rig.ctx.now();
    let (pages, _nobody_reads) = mpsc::channel(1000);
    rig.source.connection.walk(Window::new(now - DAY * 4, now).unwrap(), &pages).await.unwrap();
    let requests = rig.provider.requests();
    let named = requests.iter().filter(|it| it.query.contains(NEWEST)).find_map(|it| {
        let (_, token) = it.query.split_once("PageToken=PA")?;
        Some(token.to_owned())
    });
    named.unwrap()
}

/// Once the first page of the newest calls was answered, this one is deleted.
fn delete_after_the_first_page(rig: &Rig, sid: &str) {
    let sid = sid.to_owned();
    rig.provider.strike(On::path(NEWEST).gives(What::then_mutate(move |world| {
        let call = world.calls().iter().find(|call| line_sid(&call.id) == sid);
        let id = call.unwrap().id.clone();
        world.delete(&id);
    })));
}

/// Calls that Twilio lists and that are not here.
async fn missing(rig: &Rig) -> Vec<String> {
    let ours = rig.calls().await;
    rig.truth().into_keys().filter(|sid| !ours.contains_key(sid)).collect()
}

async fn probes(rig: &Rig) -> Vec<Probe> {
    rig.source.connection.examine().await
}

fn probe<'a>(probes: &'a [Probe], name: &str) -> &'a Probe {
    let found = probes.iter().find(|probe| probe.name == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {probes:#?}"))
}

/// What Twilio owes about a call, as it shows it now.
async fn awaits(rig: &Rig, id: &ProviderCallId) -> Option<Awaited> {
    let connection = &rig.source.connection;
    let record = connection.record(id).await.unwrap().unwrap();
    connection.normalise(&record.bytes, rig.source.home).unwrap().awaits
}

/// A wrong account, in each shape an error body can have.
async fn a_refusal_is_understood(db: Arc<TestDb>, error_body: ErrorBody) {
    let other = format!("\"AC{}\"", "9".repeat(32));
    let switches = Settings { error_body, ..Settings::default() };
    let (rig, _) = rig(db, switches, &[("account_sid", other)]).await;
    let report = rig.sync().await;
    assert_eq!(report.status, RunStatus::Failed, "{report:#?}");
    let error = report.error.unwrap();
    assert!(error.contains("Authenticate") && error.contains("`account_sid`"), "{error}");
    assert!(!rig.gaps().await.is_empty());
}

on_both_databases! {
    /// Everything that was ever dialled has a start; what was not is on no list by start.
    async fn twilio_calls_that_were_never_dialled_are_found(db) {
        let (rig, hand) = rig(db, Settings::default(), &small_pages()).await;
        let days = [1, 3, 6, 9, 11];
        let added: Vec<String> = days.iter().flat_map(|days| {
            let outcomes = [Outcome::CanceledQueued, Outcome::FailedUndialled];
            outcomes.map(|outcome| hand.add(ago(&rig, DAY * *days), outcome))
        }).collect();
        read_whole(&rig).await;
        let calls = rig.calls().await;
        for sid in added {
            assert!(["canceled", "failed"].contains(&calls[&sid].status.as_str()));
        }
        // Without the lists by status they would all be missing, which is why there are those.
        let listed = |on: &str| rig.provider.requests().iter().filter(|it| it.query.contains(on)).count();
        assert!(listed("Status=canceled") > 0 && listed("StartTime") > 0);
    }

    /// A list by start that is believed to be everything lacks them.
    async fn twilio_without_lists_by_status_they_are_missed(db) {
        let keys = [("swept_statuses", "[]".to_owned())];
        let (rig, hand) = rig(db, Settings::default(), &keys).await;
        let sid = hand.add(ago(&rig, DAY), Outcome::CanceledQueued);
        assert!(rig.sync().await.success);
        assert!(!rig.calls().await.contains_key(&sid), "the simulator hides it from such a list");
    }

    /// The same calls where the filter does not hide them.
    async fn twilio_calls_listed_by_creation_are_counted_once(db) {
        let switches = Settings { start_filter: StartFilter::ListsByCreation, ..Settings::default() };
        let (rig, hand) = rig(db, switches, &small_pages()).await;
        hand.add(ago(&rig, DAY * 2), Outcome::CanceledQueued);
        let report = read_whole(&rig).await;
        assert_eq!(report.new, rig.truth().len() as u64);
    }

    /// Whole days are asked for, so a filter that drops the time of day cuts nothing off.
    async fn twilio_a_filter_by_the_day_hides_no_call(db) {
        let switches = Settings { granularity: Granularity::Day, ..Settings::default() };
        edges_are_kept(db, switches, &small_pages()).await;
    }

    /// The end of a range may belong to it.
    async fn twilio_calls_on_the_edges_of_inclusive_days_are_counted_once(db) {
        let switches = Settings {
            granularity: Granularity::Day,
            range_end: RangeEnd::Inclusive,
            ..Settings::default()
        };
        edges_are_kept(db, switches, &small_pages()).await;
    }

    /// Where seconds work, they may be asked for.
    async fn twilio_calls_on_the_edges_of_trusted_seconds_are_counted_once(db) {
        let keys = [("trusts_seconds", "true".to_owned()), ("margin_minutes", "0".to_owned())];
        edges_are_kept(db, Settings::default(), &keys).await;
    }

    /// Seconds trusted in vain lose calls, and the doctor says so.
    async fn twilio_seconds_trusted_in_vain_are_seen_by_the_doctor(db) {
        let switches = Settings { granularity: Granularity::Day, ..Settings::default() };
        let keys = [("trusts_seconds", "true".to_owned())];
        let (rig, _) = rig(db, switches, &keys).await;
        let probes = probes(&rig).await;
        let filter = probe(&probes, "filter");
        assert_eq!(filter.outcome, ProbeOutcome::Wrong, "{filter:#?}");
        assert!(filter.hint.as_ref().unwrap().contains("`trusts_seconds`"));
    }

    /// A call deleted at Twilio stays here, and by its SID there is none.
    async fn twilio_a_deleted_call_stays_here(db) {
        let (rig, _) = rig(db, Settings::default(), &[]).await;
        read_whole(&rig).await;
        let sid = rig.truth().into_keys().next().unwrap();
        let id = ProviderCallId(sid.clone());
        assert!(rig.source.connection.record(&id).await.unwrap().is_some());
        assert!(rig.provider.remove(&sid));
        assert!(rig.source.connection.record(&id).await.unwrap().is_none());
        let again = rig.sync_all().await;
        assert!(again.success, "{again:#?}");
        assert!(rig.calls().await.contains_key(&sid));
    }

    /// The very call by whose SID the list goes on is deleted while paging, and hides no other.
    async fn twilio_a_call_deleted_while_paging_hides_no_other(db) {
        let (rig, _) = rig(db, Settings::default(), &small_pages()).await;
        let named = named_by_the_first_page(&rig).await;
        delete_after_the_first_page(&rig, &named);
        let before = rig.provider.requests().len();
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        assert!(!rig.truth().contains_key(&named), "nobody deleted it");
        let requests = rig.provider.requests();
        let goes_on = requests[before..].iter().any(|it| it.query.contains(&format!("PA{named}")));
        assert!(goes_on, "no list went on by its SID");
        assert_eq!(missing(&rig).await, [""; 0]);
    }

    /// Where a page begins by the number of calls before it, a deletion at the head lets one slip
    /// between two pages, and nothing tells: the next tier brings it.
    async fn twilio_a_call_that_slips_between_pages_is_brought_by_a_tier(db) {
        let switches = Settings { cursor: Cursor::ByOffset, ..Settings::default() };
        let (rig, _) = rig(db, switches, &small_pages()).await;
        let newest = rig.truth().into_values().max_by_key(|call| call.occurred_at).unwrap().id;
        delete_after_the_first_page(&rig, &newest);
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        assert!(!rig.truth().contains_key(&newest), "nobody deleted it");
        let slipped = missing(&rig).await;
        assert_eq!(slipped.len(), 1, "{slipped:?}");
        rig.clock.pass(DAY * 8);
        assert!(rig.sync().await.success);
        assert_eq!(missing(&rig).await, [""; 0]);
    }

    /// Calls appear at the head while older pages are read, by either kind of cursor.
    async fn twilio_calls_that_appear_while_paging_hide_no_other(db) {
        let switches = Settings { cursor: Cursor::ByOffset, ..Settings::default() };
        let (rig, _) = rig(db, switches, &small_pages()).await;
        let at = (rig.ctx.now() - HOUR * 2).as_millis();
        let on = On::path("StartTime").times(4);
        rig.provider.strike(on.gives(What::then_mutate(move |world| {
            let calls = i64::try_from(world.calls().len()).unwrap();
            world.insert(NewCall::at(at + calls * 1000));
        })));
        let report = rig.sync().await;
        assert!(report.success, "{report:#?}");
        // Those at the head are younger than their walk's first page, so a tier brings them.
        rig.clock.pass(HOUR * 3);
        assert!(rig.sync().await.success);
        rig.assert_equals_truth().await;
    }

    /// A page that comes again ends the walk, and is not taken for the rest.
    async fn twilio_a_page_that_comes_again_ends_the_walk(db) {
        let (rig, _) = rig(db, Settings::default(), &small_pages()).await;
        let on = On::path("PageToken").forever();
        rig.provider.strike(on.gives(What::RepeatPage { page: 1, echo: Echo::Asked }));
        let report = rig.sync().await;
        assert_eq!(report.status, RunStatus::Partial, "{report:#?}");
        assert!(report.error.unwrap().contains("repeats records of earlier pages only"));
        assert!(!rig.gaps().await.is_empty());
    }

    /// In whatever order lists come, everything is found.
    async fn twilio_lists_in_another_order_are_read_whole(db) {
        let switches = Settings { order: Order::OldestFirst, ..Settings::default() };
        let (rig, hand) = rig(db, switches, &small_pages()).await;
        for days in 1..10 {
            hand.add(ago(&rig, DAY * days), Outcome::CanceledQueued);
        }
        read_whole(&rig).await;
    }

    /// In no order at all.
    async fn twilio_lists_in_no_order_are_read_whole(db) {
        let switches = Settings { order: Order::Shuffled, ..Settings::default() };
        let keys = [("trusts_order", "false".to_owned()), ("page_size", "20".to_owned())];
        let (rig, hand) = rig(db, switches, &keys).await;
        hand.add(ago(&rig, DAY * 5), Outcome::FailedUndialled);
        read_whole(&rig).await;
    }

    /// A call waits in the queue, is given up there, and no callback would ever say so.
    async fn twilio_a_call_given_up_in_the_queue_is_seen_to_end(db) {
        let (rig, hand) = rig(db, Settings::default(), &[]).await;
        let long = NewCall { duration: 3600, ..ago(&rig, MINUTE * 20) };
        let sid = hand.add(long, Outcome::CanceledQueued);
        read_whole(&rig).await;
        assert_eq!(rig.calls().await[&sid].status, "queued");
        rig.clock.pass(HOUR * 3);
        read_whole(&rig).await;
        assert_eq!(rig.calls().await[&sid].status, "canceled");
    }

    /// A call in progress is here before it ends, and has its ending afterwards.
    async fn twilio_a_call_in_progress_is_here_and_gets_its_ending(db) {
        let (rig, hand) = rig(db, Settings::default(), &[]).await;
        let long = NewCall { duration: 3600, ..ago(&rig, MINUTE * 20) };
        let sid = hand.add(long, Outcome::Completed);
        read_whole(&rig).await;
        let before = rig.calls().await[&sid].clone();
        assert_eq!((before.status.as_str(), before.duration_ms), ("in_progress", None));
        rig.clock.pass(HOUR * 3);
        read_whole(&rig).await;
        let after = rig.calls().await[&sid].clone();
        assert_eq!((after.status.as_str(), after.duration_ms), ("completed", Some(3_600_000)));
    }

    /// A price comes long after the call, and is asked for by the call's SID.
    async fn twilio_a_late_price_is_found(db) {
        let switches = Settings { price_after_seconds: 33 * 3600, ..Settings::default() };
        let (rig, hand) = rig(db, switches, &[]).await;
        let sid = hand.add(ago(&rig, HOUR * 30), Outcome::Completed);
        read_whole(&rig).await;
        let id = ProviderCallId(sid.clone());
        assert_eq!(awaits(&rig, &id).await, Some(Awaited::Price));
        // Between two tiers and far from the newest window, so that only its SID brings the price.
        rig.clock.pass(HOUR * 7);
        let by_sid = format!("{sid}.json");
        let asked = || rig.provider.requests().iter().filter(|it| it.path.ends_with(&by_sid)).count();
        let before = asked();
        read_whole(&rig).await;
        assert_eq!(asked() - before, 1, "it was asked for by its SID");
        assert_eq!(awaits(&rig, &id).await, None);
        let key = CallKey { source: rig.source.row.id, id };
        let kept = versions(&rig.db.store, Scope::Operator, &key).await.unwrap();
        let texts: Vec<_> = kept.into_iter().map(|it| String::from_utf8(it.raw).unwrap()).collect();
        assert!(texts[0].contains("\"price\":null"));
        assert!(texts.last().unwrap().contains("\"price\":\"-"));
    }

    /// What appears only after the lag is found when its window is read again.
    async fn twilio_a_call_that_appears_late_is_found_by_a_tier(db) {
        let switches = Settings {
            appears_after_seconds: 1800,
            status_lag_seconds: 30,
            ..Settings::default()
        };
        let (rig, hand) = rig(db, switches, &[]).await;
        let sid = hand.add(ago(&rig, MINUTE * 15), Outcome::Completed);
        read_whole(&rig).await;
        assert!(!rig.calls().await.contains_key(&sid));
        rig.clock.pass(HOUR * 3);
        read_whole(&rig).await;
        assert!(rig.calls().await.contains_key(&sid));
    }

    /// Smaller pages than asked for are no end.
    async fn twilio_smaller_pages_than_asked_for_are_not_the_end(db) {
        let switches = Settings { page_size_max: 7, ..Settings::default() };
        let (rig, _) = rig(db, switches, &[]).await;
        read_whole(&rig).await;
    }

    /// A subaccount is a source of its own, which its main account's token opens.
    async fn twilio_a_subaccount_is_read_with_its_main_account_s_token(db) {
        let switches = Settings { is_subaccount: true, ..Settings::default() };
        let (rig, hand) = rig(db, switches, &[]).await;
        hand.add(ago(&rig, HOUR * 5), Outcome::Completed);
        read_whole(&rig).await;
    }

    /// The older shape of an error.
    async fn twilio_a_refused_account_is_named(db) {
        a_refusal_is_understood(db, ErrorBody::Legacy).await;
    }

    /// The older shape without its code.
    async fn twilio_a_refused_account_is_named_without_a_code(db) {
        a_refusal_is_understood(db, ErrorBody::WithoutCode).await;
    }

    /// The newer shape.
    async fn twilio_a_refused_account_is_named_by_problem_details(db) {
        a_refusal_is_understood(db, ErrorBody::ProblemDetails).await;
    }

    /// The doctor on an account as it is believed to be, and with everything that is worth knowing.
    async fn twilio_the_doctor_tells_what_stands_beside_the_list(db) {
        let switches = Settings { subaccounts: 3, insights_lacks: 0, ..Settings::default() };
        let (rig, hand) = rig_beside(db, switches, |base| {
            vec![("insights_url", simulators::simulated::toml_text(base))]
        }).await;
        hand.add(ago(&rig, HOUR * 5), Outcome::CanceledQueued);
        let probes = probes(&rig).await;
        for probe in &probes {
            assert_ne!(probe.outcome, ProbeOutcome::Wrong, "{probe:#?}");
        }
        for name in ["token", "calls", "clock", "page_size", "order", "cursor", "far_future",
            "filter", "range_end", "statuses"] {
            assert_eq!(probe(&probes, name).outcome, ProbeOutcome::Right, "{name}: {probes:#?}");
        }
        assert!(probe(&probes, "subaccounts").sentence.contains("3 other accounts"));
        assert!(probe(&probes, "undialled").sentence.contains("hidden by a filter on the start"));
        let insights = probe(&probes, "insights");
        assert_eq!(insights.outcome, ProbeOutcome::Right, "{insights:#?}");
        assert!(insights.sentence.contains("Insights counts"));
    }

    /// A second count that differs is told with both numbers.
    async fn twilio_insights_that_lacks_calls_is_told(db) {
        let switches = Settings { insights_lacks: 30, lists_accounts: false, ..Settings::default() };
        let (rig, hand) = rig_beside(db, switches, |base| {
            vec![("insights_url", simulators::simulated::toml_text(base))]
        }).await;
        for nth in 2..12 {
            hand.add(ago(&rig, HOUR * nth), Outcome::Completed);
        }
        let probes = probes(&rig).await;
        assert_eq!(probe(&probes, "insights").outcome, ProbeOutcome::Notable, "{probes:#?}");
        assert!(probe(&probes, "subaccounts").sentence.contains("may not list accounts"));
    }

    /// Insights that is not open stops nothing.
    async fn twilio_insights_that_is_not_open_is_no_failure(db) {
        for insights in [Insights::Forbidden, Insights::Missing] {
            let switches = Settings { insights, ..Settings::default() };
            let (rig, _) = rig_beside(Arc::clone(&db), switches, |base| {
                vec![("insights_url", simulators::simulated::toml_text(base))]
            }).await;
            let day = Window::new(rig.ctx.now() - DAY, rig.ctx.now() - HOUR).unwrap();
            assert_eq!(rig.source.connection.total(day).await.unwrap(), None);
            let probes = probes(&rig).await;
            assert_eq!(probe(&probes, "insights").outcome, ProbeOutcome::Notable);
        }
    }
}
