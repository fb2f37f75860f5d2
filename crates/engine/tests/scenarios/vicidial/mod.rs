//! A contact centre's database: local times, keys that change, rows that move, locks (A4, A12, A17,
//! A19, A20, A21, B1).

mod archives;
mod endings;
mod examination;
mod keys;
mod ledgers;
mod servers;
mod timeline;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{ProviderCallId, Window};
use providers::{Probe, ProbeOutcome, Walked};
use simulators::vicidial::{Settings, Simulator};
use simulators::{Options, Simulated, World, WorldSettings};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};
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
}
