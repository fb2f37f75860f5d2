//! A contact centre's database: local times, keys that change, rows that move, locks (A4, A12, A17,
//! A19, A20, A21, B1).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Country, ProviderCallId, RunStatus, Window};
use providers::{Probe, ProbeOutcome, Walked, parts};
use simulators::vicidial::{Act, Settings, Simulator};
use simulators::{Options, Simulated, World, WorldSettings};
use testkit::{HandClock, Rig, RigSettings, TestDb, instant, on_both_databases};
use tokio::sync::mpsc;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;

/// What reads rows of outbound calls by their time, and nothing else.
const READS_LOG: &str = "FROM `vicidial_log` WHERE `call_date` >=";

/// A quiet cluster, and our side of it.
struct Scene {
    rig: Rig,
    cluster: Arc<Simulator>,
}

impl Scene {
    async fn set(db: Arc<TestDb>) -> Self {
        Self::set_with(db, Settings::default(), RigSettings::default()).await
    }

    async fn with_keys(db: Arc<TestDb>, keys: Vec<(&'static str, String)>) -> Self {
        let settings = RigSettings { keys, ..RigSettings::default() };
        Self::set_with(db, Settings::default(), settings).await
    }

    async fn set_with(db: Arc<TestDb>, site: Settings, settings: RigSettings) -> Self {
        let clock = HandClock::at(settings.now);
        let world = World::generate(&WorldSettings {
            calls: settings.calls,
            days: settings.days,
            end: (settings.now - Duration::from_hours(1)).as_millis(),
            ..WorldSettings::default()
        });
        let options = Options { is_unlimited: true, ..Options::default() };
        let started = Simulator::start(world, site, options, clock.for_simulator()).await;
        let cluster = Arc::new(started.expect("a MariaDB answers"));
        let provider: Box<dyn Simulated> = Box::new(Arc::clone(&cluster));
        Self { rig: Rig::around(db, provider, clock, &settings).await, cluster }
    }

    /// The unix second this long ago.
    fn ago(&self, seconds: i64) -> i64 {
        self.rig.ctx.now().as_millis() / 1000 - seconds
    }

    /// Reads everything, and demands that everything is there.
    async fn read_whole(&self) {
        let asked_at = self.rig.ctx.now();
        let report = self.rig.sync().await;
        assert!(report.success, "{report:#?}");
        self.rig.assert_equals_truth().await;
        assert_eq!(self.rig.gaps_as_of(asked_at).await, []);
    }

    /// Every record as the list gives it, by its id.
    async fn listed(&self) -> BTreeMap<String, Vec<u8>> {
        let (from, to) = (self.rig.source.row.since, self.rig.ctx.now());
        let (pages, mut arriving) = mpsc::channel(1000);
        let walked = self.rig.source.connection.walk(Window::new(from, to).unwrap(), &pages).await;
        assert!(matches!(walked, Ok(Walked::Whole { .. })), "{walked:?}");
        drop(pages);
        let mut listed = BTreeMap::new();
        while let Some(page) = arriving.recv().await {
            let records = page.records.into_iter();
            listed.extend(records.map(|(it, _)| (it.identity.unwrap().id.0, it.bytes.to_vec())));
        }
        listed
    }

    async fn probes(&self) -> Vec<Probe> {
        self.rig.source.connection.examine().await
    }

    async fn probe(&self, name: &str) -> Probe {
        let probes = self.probes().await;
        let found = probes.iter().find(|probe| probe.name == name).cloned();
        found.unwrap_or_else(|| panic!("no probe `{name}` in {probes:#?}"))
    }

    async fn record(&self, id: &str) -> Option<Vec<u8>> {
        let id = ProviderCallId(id.to_owned());
        let record = self.rig.source.connection.record(&id).await.unwrap();
        record.map(|record| record.bytes.to_vec())
    }
}

fn small() -> RigSettings {
    RigSettings { calls: 30, days: 3, ..RigSettings::default() }
}

on_both_databases! {
    /// Sixty calls begin within one second, and a statement may bring ten.
    async fn a_busy_second_is_read_whole_and_nothing_is_cut(db) {
        let scene = Scene::with_keys(db, vec![("slice_rows_max", "10".to_owned())]).await;
        let busy = scene.ago(HOUR);
        for lead in 0..60 {
            scene.cluster.dial(busy, 5000 + lead);
        }
        scene.read_whole().await;
        let statements = scene.cluster.statements();
        assert!(statements.iter().any(|it| it.contains(READS_LOG)));
        for statement in statements {
            assert!(!statement.contains("LIMIT") && !statement.contains("SELECT *"), "{statement}");
        }
    }

    /// Rows are inserted with a time in the past, after their window was read.
    async fn a_back_dated_row_is_found_by_a_tier(db) {
        let scene = Scene::set(db).await;
        scene.read_whole().await;
        let late = scene.cluster.dial(scene.ago(16 * MINUTE), 5000);
        scene.rig.clock.pass(Duration::from_mins(20));
        let report = scene.rig.sync().await;
        assert_eq!((report.success, report.new), (true, 1), "{report:#?}");
        assert!(scene.rig.calls().await.contains_key(&late));
    }

    /// Two hours of calls are written as one, some of them with the same local time.
    async fn calls_of_the_hour_that_repeats_are_read_once_each(db) {
        let settings = RigSettings { now: instant("2026-11-01T14:00:00Z"), ..small() };
        let scene = Scene::set_with(db, Settings::default(), settings).await;
        let hour = instant("2026-11-01T05:00:00Z").as_millis() / 1000;
        for minutes in [0, 1, 29, 30, 59, 60, 61, 89, 90, 119, 120] {
            scene.cluster.dial(hour + minutes * MINUTE, 5000);
        }
        scene.read_whole().await;
        assert_eq!(scene.rig.sync_all().await.new, 0);
    }

    /// One hour has no local times at all.
    async fn calls_around_the_hour_that_is_skipped_are_read_once_each(db) {
        let settings = RigSettings { now: instant("2026-03-09T14:00:00Z"), ..small() };
        let scene = Scene::set_with(db, Settings::default(), settings).await;
        let change = instant("2026-03-08T07:00:00Z").as_millis() / 1000;
        for minutes in [-61, -60, -1, 0, 1, 59, 60] {
            scene.cluster.dial(change + minutes * MINUTE, 5000);
        }
        scene.read_whole().await;
    }

    /// The zone is a setting, and the examination knows when it is wrong.
    async fn a_wrong_zone_is_noticed(db) {
        let scene = Scene::with_keys(db, vec![("timezone", "\"UTC0\"".to_owned())]).await;
        let probe = scene.probe("timezone").await;
        assert_eq!(probe.outcome, ProbeOutcome::Wrong, "{probe:?}");
        assert!(probe.hint.unwrap().contains("`timezone`"));
        assert_eq!(scene.probe("api_clock").await.outcome, ProbeOutcome::Wrong);
    }

    /// The primary key of a manual call is rewritten when it ends.
    async fn a_rewritten_key_is_the_same_call(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.dial(scene.ago(HOUR), 5000);
        scene.read_whole().await;
        scene.cluster.rewrite_key(&id);
        let report = scene.rig.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 1), "{report:#?}");
        scene.rig.assert_equals_truth().await;
        assert!(scene.record(&id).await.is_some());
    }

    /// An agent merges the lead of a call into another.
    async fn a_merged_lead_is_the_same_call(db) {
        let scene = Scene::set(db).await;
        scene.read_whole().await;
        let id = scene.cluster.ids_of("vicidial_closer_log").pop().unwrap();
        scene.cluster.merge_lead(&id, 4242);
        let report = scene.rig.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 1), "{report:#?}");
        let record = scene.record(&id).await.unwrap();
        let call = scene.rig.source.connection.normalise(&record, Country::US).unwrap();
        assert_eq!(call.contact.unwrap().provider_contact_id, "4242");
    }

    /// The cleanup job deletes a row: here it stays, and by id nobody knows it.
    async fn a_deleted_row_stays_here(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.dial(scene.ago(HOUR), 5000);
        scene.read_whole().await;
        assert!(scene.cluster.remove(&id));
        assert!(scene.rig.sync_all().await.success);
        assert!(scene.rig.calls().await.contains_key(&id));
        assert_eq!(scene.record(&id).await, None);
    }

    /// A list is reset and leads go; their calls do not.
    async fn a_call_whose_lead_is_gone_is_read(db) {
        let scene = Scene::set(db).await;
        for id in scene.cluster.ids_of("vicidial_log") {
            scene.cluster.delete_lead(&id);
        }
        scene.read_whole().await;
    }

    /// Two servers give one uniqueid: the second call has no row, and is named.
    async fn a_call_lost_to_a_double_uniqueid_is_named_as_lost_at_the_provider(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let quiet = scene.probe("lost_at_provider").await;
        assert_eq!(quiet.outcome, ProbeOutcome::Right, "{quiet:?}");
        let first = scene.cluster.dial(scene.ago(2 * HOUR), 5000);
        let lost = scene.cluster.collide(&first, 5001).unwrap();
        scene.cluster.refuse(scene.ago(2 * HOUR), 5002);
        scene.read_whole().await;
        let probe = scene.probe("lost_at_provider").await;
        assert_eq!(probe.outcome, ProbeOutcome::Notable);
        assert!(probe.sentence.starts_with("1 of "), "{}", probe.sentence);
        assert!(probe.sentence.contains(&lost), "{}", probe.sentence);
        // What was written over the first call's own row is the second call's.
        let record = scene.record(&first).await.unwrap();
        assert!(!parts::read(&record).unwrap().contains_key("extended"));
    }

    /// Rows that only the archive has are calls like others.
    async fn archived_rows_are_read(db) {
        let scene = Scene::set(db).await;
        scene.cluster.archive(scene.ago(48 * HOUR));
        scene.read_whole().await;
        scene.cluster.archive(scene.ago(0));
        let report = scene.rig.sync_all().await;
        assert_eq!((report.success, report.new), (true, 0), "{report:#?}");
    }

    /// The archiver moves everything between two statements of one slice.
    async fn rows_that_are_archived_while_they_are_read_are_read(db) {
        let scene = Scene::set(db).await;
        let (cluster, before) = (Arc::downgrade(&scene.cluster), scene.ago(0));
        let archive = move || {
            if let Some(cluster) = cluster.upgrade() {
                cluster.archive(before);
            }
        };
        scene.cluster.on(READS_LOG, 4, 1, Act::First(Box::new(archive)));
        scene.read_whole().await;
        let left = scene.cluster.run("SELECT COUNT(*) FROM vicidial_log").unwrap();
        assert_eq!(left[0][0].as_deref(), Some("0"), "the archiver never came");
    }

    /// A row is copied while its call goes on, and the copy never changes.
    async fn a_frozen_copy_never_wins(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.begin(scene.ago(HOUR), 5000);
        scene.cluster.copy_to_archive();
        scene.cluster.hang_up(&id, 300, "SALE");
        scene.read_whole().await;
        assert_eq!(scene.rig.calls().await[&id].status, "completed");
        let held = scene.record(&id).await.unwrap();

        // The live row goes, and with it the final status; what is held of it stays.
        scene.cluster.archive(scene.ago(0));
        let seen = scene.record(&id).await.unwrap();
        let kept = parts::merge(&held, seen.into());
        let call = scene.rig.source.connection.normalise(&kept, Country::US).unwrap();
        assert_eq!(call.status.as_str(), "completed");
        assert_eq!(call.duration, Some(Duration::from_mins(5)));
    }

    /// The second half of the oldest mistake: one lead, one second, two calls.
    async fn two_calls_of_one_lead_in_one_second_stay_two(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let one = scene.cluster.dial(scene.ago(HOUR), 5000);
        let other = scene.cluster.twin(&one).unwrap();
        scene.read_whole().await;
        let calls = scene.rig.calls().await;
        assert!(calls.contains_key(&one) && calls.contains_key(&other));
        let (one, other) = (scene.record(&one).await.unwrap(), scene.record(&other).await.unwrap());
        assert_ne!(one, other);
        assert_eq!(scene.rig.sync_all().await.updated, 0);
    }

    /// A call that goes on is here as such, and its end is learnt.
    async fn a_call_that_never_ended_is_kept_until_it_does(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.begin(scene.ago(10 * HOUR), 5000);
        scene.read_whole().await;
        assert_eq!(scene.rig.calls().await[&id].status, "in_progress");
        assert!(scene.probe("stuck").await.sentence.starts_with("1 calls"));
        scene.cluster.hang_up(&id, 60, "SALE");
        assert_eq!(scene.rig.sync_all().await.updated, 1);
        assert_eq!(scene.rig.calls().await[&id].status, "completed");
    }

    /// By list or by id, what is read of a call is the same to the byte.
    async fn a_call_is_the_same_by_list_and_by_id(db) {
        let scene = Scene::set(db).await;
        let listed = scene.listed().await;
        assert_eq!(listed.len(), scene.rig.truth().len());
        for (id, bytes) in listed {
            assert_eq!(scene.record(&id).await.unwrap(), bytes, "{id}");
        }
    }

    /// Locks that are waited for, statements broken off, lines cut: the same slice again, or less.
    async fn locks_and_cut_lines_lose_nothing(db) {
        let scene = Scene::set(db).await;
        scene.cluster.on(READS_LOG, 1, 2, Act::Refuse(1205));
        scene.cluster.on("FROM `vicidial_list`", 0, 1, Act::Refuse(1969));
        scene.cluster.on(READS_LOG, 5, 2, Act::Cut);
        scene.cluster.on("FROM `vicidial_log_archive`", 2, 1, Act::Refuse(2013));
        scene.read_whole().await;
    }

    /// A table that stays locked is a gap, and then healed.
    async fn a_locked_table_is_a_gap_and_then_healed(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.on(READS_LOG, 0, 40, Act::Refuse(1205));
        let report = scene.rig.sync().await;
        assert!(!report.success, "{report:#?}");
        assert!(!scene.rig.gaps().await.is_empty());
        let mut runs = 0;
        while !scene.rig.sync().await.success {
            runs += 1;
            assert!(runs < 20, "the lock is gone, and reading does not come to an end");
        }
        scene.rig.assert_equals_truth().await;
    }

    /// A right that is taken away is no empty list.
    async fn a_revoked_right_is_not_an_empty_list(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.revoke();
        let report = scene.rig.sync().await;
        assert_eq!(report.status, RunStatus::Failed, "{report:#?}");
        assert!(report.error.unwrap().contains("GRANT SELECT"));
        assert!(!scene.rig.gaps().await.is_empty());
    }

    /// Old schemas lack columns and tables.
    async fn an_old_schema_is_read_as_far_as_it_goes(db) {
        let site = Settings {
            without_columns: vec![
                ("vicidial_log", "called_count"),
                ("vicidial_log", "term_reason"),
                ("vicidial_closer_log", "queue_position"),
                ("vicidial_list", "entry_list_id"),
            ],
            without_tables: vec!["vicidial_dial_log", "vicidial_dial_log_archive", "vicidial_list_archive"],
            is_strict: true,
            ..Settings::default()
        };
        let scene = Scene::set_with(db, site, RigSettings::default()).await;
        scene.read_whole().await;
        assert!(scene.probe("tables").await.sentence.contains("vicidial_dial_log"));
        assert_eq!(scene.probe("lost_at_provider").await.outcome, ProbeOutcome::Notable);
    }

    /// Bytes of another encoding, dates that are none, an ending nobody listed.
    async fn latin1_bytes_and_zero_dates_are_read(db) {
        let site = Settings { is_latin1: true, ..Settings::default() };
        let scene = Scene::set_with(db, site, small()).await;
        let lead = "UPDATE vicidial_list SET last_name = CAST(X'5A6FEB' AS CHAR CHARACTER SET latin1)";
        assert!(scene.cluster.run(lead).is_some());
        let dated = scene.cluster.ids_of("vicidial_log").pop().unwrap();
        let undated = scene.cluster.dial(scene.ago(5 * HOUR), 5000);
        scene.cluster.set(&dated, "term_reason = 'CALLMENUXFER'");
        scene.cluster.lose_date(&undated);
        scene.read_whole().await;
        let record = String::from_utf8(scene.record(&dated).await.unwrap()).unwrap();
        assert!(record.contains("Zoë") && record.contains(r#""term_reason":"""#), "{record}");
    }

    /// Everything in order is said to be, and no secret is in any sentence.
    async fn the_examination_says_what_is_right(db) {
        let scene = Scene::set(db).await;
        let probes = scene.probes().await;
        for name in ["password", "tables", "rights", "timezone", "replica", "plan", "api_clock"] {
            let probe = probes.iter().find(|probe| probe.name == name);
            assert_eq!(probe.unwrap().outcome, ProbeOutcome::Right, "{probe:?}");
        }
        let total = probes.iter().find(|probe| probe.name == "control_total").unwrap();
        assert_eq!(total.outcome, ProbeOutcome::Right, "{total:?}");
        let said = format!("{probes:?}");
        for (_, secret) in scene.cluster.secrets() {
            assert!(!said.contains(&secret));
        }
    }

    /// Each of the other ledgers knows a call that neither the call tables nor the dialler's ledger
    /// have, in use or archived, and names it.
    async fn a_call_that_only_one_ledger_knows_is_named_by_it(db) {
        for (ledger, name) in [
            ("vicidial_log_extended", "lost_beside_extended_log"),
            ("vicidial_carrier_log", "lost_beside_carrier_log"),
            ("recording_log", "lost_beside_recordings"),
        ] {
            for is_archived in [false, true] {
                let scene = Scene::set_with(Arc::clone(&db), Settings::default(), small()).await;
                let id = scene.cluster.talk(scene.ago(2 * HOUR), 5000);
                let quiet = scene.probe(name).await;
                assert_eq!(quiet.outcome, ProbeOutcome::Right, "{quiet:?}");
                let code = scene.cluster.leave_only(&id, ledger).unwrap();
                if is_archived {
                    scene.cluster.archive(scene.ago(0));
                }
                let probes = scene.probes().await;
                let found: Vec<&Probe> =
                    probes.iter().filter(|probe| probe.sentence.contains("(lead 5000, ")).collect();
                assert_eq!(found.iter().map(|it| it.name).collect::<Vec<_>>(), [name], "{found:#?}");
                assert!(found[0].sentence.starts_with("1 of "), "{}", found[0].sentence);
                assert!(found[0].sentence.contains(ledger), "{}", found[0].sentence);
                let is_recording = ledger == "recording_log";
                assert_eq!(found[0].sentence.contains(&code), !is_recording);
                assert!(scene.rig.sync().await.success);
            }
        }
    }

    /// A queue entry's row is gone and its call hit no DID: what was logged beside it names it.
    async fn a_queued_call_without_a_row_is_named(db) {
        let scene = Scene::set_with(db, Settings::default(), RigSettings::default()).await;
        let hours = scene.rig.ctx.now().as_millis() / 1000 - 3 * HOUR;
        let young = scene.rig.truth().into_iter();
        let queued = scene.cluster.ids_of("vicidial_closer_log");
        let mut young = young.filter(|(id, it)| queued.contains(id) && it.occurred_at / 1000 < hours);
        let (id, _) = young.next().unwrap();
        let keys = vec![("ledger_hours", "720".to_owned())];
        let settings = RigSettings { keys, ..RigSettings::default() };
        let scene = Scene::set_with(Arc::clone(&scene.rig.db), Settings::default(), settings).await;
        let code = scene.cluster.leave_only(&id, "vicidial_log_extended").unwrap();
        let probe = scene.probe("lost_beside_extended_log").await;
        assert!(probe.sentence.contains(&code), "{}", probe.sentence);
    }

    /// A call filtered before the carrier was never placed, and is not lost.
    async fn a_call_filtered_before_the_carrier_is_not_lost(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let id = scene.cluster.dial(scene.ago(2 * HOUR), 5000);
        scene.cluster.leave_only(&id, "vicidial_carrier_log").unwrap();
        scene.cluster.run("UPDATE vicidial_carrier_log SET dialstatus = 'DNC' WHERE lead_id = 5000");
        let probe = scene.probe("lost_beside_carrier_log").await;
        assert_eq!(probe.outcome, ProbeOutcome::Right, "{probe:?}");
    }

    /// What a replica has not applied yet it cannot list: nothing of it is proved empty, and it is
    /// read once the replica has caught up.
    async fn a_lagging_replica_proves_no_empty_window(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.follow(Some(7200));
        let asked_at = scene.rig.ctx.now();
        let report = scene.rig.sync().await;
        assert!(report.success, "{report:#?}");
        let probe = scene.probe("replica").await;
        assert!(probe.sentence.contains("7200 s behind"), "{probe:?}");
        let proved_until = asked_at - Duration::from_hours(2) - Duration::from_mins(15);
        let ledger = scene.rig.db.store.coverage_load(scene.rig.source.row.id).await.unwrap();
        let young = Window::new(proved_until + Duration::from_secs(1), asked_at).unwrap();
        assert_eq!(ledger.gaps(young), [young], "what the replica lacks counts as proved");

        // Now it applies what happened an hour ago.
        let late = scene.cluster.dial(scene.ago(HOUR), 5000);
        scene.cluster.follow(Some(0));
        let report = scene.rig.sync().await;
        assert!(report.success && scene.rig.calls().await.contains_key(&late), "{report:#?}");
        scene.rig.assert_equals_truth().await;
    }

    /// Replication that has stopped says no number: nothing is proved, whatever is asked for.
    async fn a_stopped_replica_proves_nothing(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.follow(None);
        let report = scene.rig.sync().await;
        assert!(!report.success && report.windows_proved == 0, "{report:#?}");
        assert_eq!(scene.probe("replica").await.outcome, ProbeOutcome::Wrong);
        assert!(!scene.rig.gaps().await.is_empty());
        scene.cluster.follow(Some(0));
        scene.read_whole().await;
    }

    /// A replica that stops in the middle of a window has not proved it.
    async fn a_replica_that_stops_while_it_is_read_proves_nothing(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        scene.cluster.follow(Some(0));
        let stopped = "SELECT NULL AS Seconds_Behind_Master";
        // Asked when the run begins, before its first window, and then after it.
        scene.cluster.on("SHOW ALL SLAVES STATUS", 2, usize::MAX, Act::Instead(stopped.to_owned()));
        let report = scene.rig.sync().await;
        assert!(!report.success && report.windows_proved == 0, "{report:#?}");
    }

    /// Another program locks a table for a minute: everybody waits, the server breaks statements
    /// off, and nothing is lost.
    async fn a_table_locked_for_a_minute_loses_nothing(db) {
        for code in [1969, 1205, 2013] {
            let scene = Scene::set_with(Arc::clone(&db), Settings::default(), small()).await;
            let clock = scene.rig.clock.clone();
            let opens_at = scene.rig.ctx.now() + Duration::from_mins(1);
            let holds = move || {
                // Each statement waits until the server breaks it off.
                clock.pass(Duration::from_secs(5));
                domain::Clock::now(&clock) < opens_at
            };
            scene.cluster.on("FROM `vicidial_log`", 0, usize::MAX, Act::While(Box::new(holds), code));
            let mut runs = 0;
            while !scene.rig.sync().await.success {
                runs += 1;
                assert!(runs < 20, "the lock is gone, and reading does not come to an end");
            }
            scene.rig.assert_equals_truth().await;
        }
    }

    /// Campaigns without a call URL are counted, and a URL that gives passwords away is told of by
    /// its campaign's name alone.
    async fn call_urls_are_counted_and_never_repeated(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let probe = scene.probe("call_urls").await;
        assert_eq!(probe.outcome, ProbeOutcome::Right, "{probe:?}");
        let said = "of 2 active campaigns, 1 have no dispo call URL and 2 no start call URL, and of 1 \
                    active in-groups, 1 have no dispo call URL";
        assert!(probe.sentence.contains(said), "{}", probe.sentence);
        scene.cluster.set_dispo_url("QUIET", "VARhttps://h.example.com/?k=s3cret&p=--A--pass--B--");
        let probe = scene.probe("call_urls").await;
        assert_eq!(probe.outcome, ProbeOutcome::Wrong, "{probe:?}");
        assert!(probe.sentence.contains("QUIET"), "{}", probe.sentence);
        assert!(!format!("{probe:?}").contains("example.com"), "{probe:?}");
    }

    /// The doctor says which schema it is and what it lacks, and whether the server is strict.
    async fn the_schema_and_the_mode_are_named(db) {
        let scene = Scene::set_with(Arc::clone(&db), Settings::default(), small()).await;
        let probe = scene.probe("schema").await;
        assert!(probe.sentence.starts_with("Schema version 1728; no column"), "{}", probe.sentence);
        for (mode, outcome) in
            [("STRICT_TRANS_TABLES", ProbeOutcome::Notable), ("", ProbeOutcome::Right)]
        {
            let said = format!("SELECT '{mode}'");
            scene.cluster.on("@@global.sql_mode", 0, usize::MAX, Act::Instead(said));
            assert_eq!(scene.probe("sql_mode").await.outcome, outcome);
        }
        let site = Settings {
            without_columns: vec![("vicidial_carrier_log", "caller_code")],
            ..Settings::default()
        };
        let scene = Scene::set_with(db, site, small()).await;
        let probe = scene.probe("schema").await;
        assert!(probe.sentence.contains("vicidial_carrier_log.caller_code"), "{}", probe.sentence);
    }

    /// A difference between the API's counts and the tables is named by its group.
    async fn control_totals_name_the_group_that_differs(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        for lead in 0..3 {
            scene.cluster.dial(scene.ago(24 * HOUR), 5000 + lead);
        }
        let probe = scene.probe("control_total").await;
        assert_eq!(probe.outcome, ProbeOutcome::Right, "{probe:?}");
        let cluster = Arc::downgrade(&scene.cluster);
        // Between its counting and ours, one row goes.
        let remove = move || {
            if let Some(cluster) = cluster.upgrade() {
                cluster.run("DELETE FROM vicidial_log WHERE lead_id = 5001");
            }
        };
        scene.cluster.on("SUBSTR(call_date", 0, 1, Act::First(Box::new(remove)));
        let probe = scene.probe("control_total").await;
        assert_eq!(probe.outcome, ProbeOutcome::Notable, "{probe:?}");
        assert!(probe.sentence.contains("they differ in OUTSALES: "), "{}", probe.sentence);
    }

    /// The API counts tables in use only, demands another level than it documents, and is cut.
    async fn control_totals_that_differ_are_worth_knowing_and_no_more(db) {
        for site in [
            Settings { api_level: 8, ..Settings::default() },
            Settings { api_truncates: true, ..Settings::default() },
        ] {
            let scene = Scene::set_with(Arc::clone(&db), site, small()).await;
            let yesterday = scene.ago(24 * HOUR);
            for lead in 0..5 {
                scene.cluster.dial(yesterday, 5000 + lead);
            }
            let probe = scene.probe("control_total").await;
            assert_eq!(probe.outcome, ProbeOutcome::Notable, "{probe:?}");
        }
    }
}

/// How long ninety days take, and whether any statement held the dialler up. Run by hand, in release
/// mode, since it measures the machine.
#[tokio::test]
#[ignore = "measures the machine"]
async fn ninety_days_are_read_in_five_seconds() {
    TestDb::run(testkit::Kind::Sqlite, |db| async move {
        let settings = RigSettings { calls: 50_000, days: 90, ..RigSettings::default() };
        let scene = Scene::set_with(db, Settings::default(), settings).await;
        let (pages, mut arriving) = mpsc::channel(8);
        let now = scene.rig.ctx.now();
        let began = std::time::Instant::now();
        let reading = async {
            let mut to = now;
            for _ in 0..13 {
                let from = to - Duration::from_hours(7 * 24);
                let window = Window::new(from, to).unwrap();
                scene.rig.source.connection.walk(window, &pages).await.unwrap();
                to = from;
            }
            drop(pages);
        };
        let counting = async {
            let mut count = 0;
            while let Some(page) = arriving.recv().await {
                count += page.records.len();
            }
            count
        };
        let ((), count) = tokio::join!(reading, counting);
        let took = began.elapsed();
        let probe = scene.probe("statements").await;
        eprintln!("{count} calls in {took:?}; {}", probe.sentence);
        assert_eq!(count, 50_000);
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(probe.outcome, ProbeOutcome::Right, "{}", probe.sentence);
    })
    .await;
}
