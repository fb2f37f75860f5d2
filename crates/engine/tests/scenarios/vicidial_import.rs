//! A file that somebody exported from a contact centre, beside its database (A19, B1, B3).

use std::sync::Arc;
use std::time::Duration;

use engine::compare::{CompareOptions, FileSide, compare_with_file};
use engine::sync::{ImportOptions, RunReport, import};
use providers::export::Reader;
use simulators::vicidial::{Fields, Settings, Simulator};
use simulators::{Options, Simulated, World, WorldSettings};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};
use tokio_util::sync::CancellationToken;

struct Scene {
    rig: Rig,
    cluster: Arc<Simulator>,
}

impl Scene {
    async fn set(db: Arc<TestDb>) -> Self {
        let settings = RigSettings { calls: 60, days: 3, ..RigSettings::default() };
        let clock = HandClock::at(settings.now);
        let world = World::generate(&WorldSettings {
            calls: settings.calls,
            days: settings.days,
            end: (settings.now - Duration::from_hours(1)).as_millis(),
            ..WorldSettings::default()
        });
        let options = Options { is_unlimited: true, ..Options::default() };
        let site = Settings::default();
        let started = Simulator::start(world, site, options, clock.for_simulator()).await;
        let cluster = Arc::new(started.expect("a MariaDB answers"));
        let provider: Box<dyn Simulated> = Box::new(Arc::clone(&cluster));
        Self { rig: Rig::around(db, provider, clock, &settings).await, cluster }
    }

    fn ago(&self, seconds: i64) -> i64 {
        self.rig.ctx.now().as_millis() / 1000 - seconds
    }

    async fn import_with(&self, file: &[u8], is_dry_run: bool) -> RunReport {
        let options = ImportOptions {
            file: "export.txt".to_owned(),
            is_dry_run,
            stop: CancellationToken::new(),
            progress: None,
        };
        let names = self.rig.source.connection.export_columns();
        let mut file = Reader::open(file, names).unwrap();
        let report = import(&self.rig.ctx, &self.rig.source, &mut file, options).await.unwrap();
        report.accounts().balance().unwrap();
        report
    }

    async fn import(&self, file: &[u8]) -> RunReport {
        let gaps = self.rig.gaps().await;
        let report = self.import_with(file, false).await;
        assert_eq!(self.rig.gaps().await, gaps, "a file counts as coverage");
        report
    }

    fn file(&self) -> Vec<u8> {
        self.cluster.export(Fields::Extended)
    }

    /// How many rows a file has.
    fn rows(file: &[u8]) -> u64 {
        String::from_utf8_lossy(file).lines().count() as u64 - 1
    }
}

on_both_databases! {
    /// The report is compared as it is: its rows are the calls that its connection says they are;
    /// what is gone here is named.
    async fn a_report_is_compared_with_what_is_held(db) {
        let scene = Scene::set(db).await;
        assert!(scene.rig.sync().await.success);
        let file = scene.file();
        let compared = async |file: &[u8]| {
            let (ctx, source) = (&scene.rig.ctx, &scene.rig.source);
            let mut reader = Reader::open(file, source.connection.export_columns()).unwrap();
            let stop = CancellationToken::new();
            let side = FileSide::read_export("export.txt", ctx, source, &mut reader, &stop).await;
            let (lag, options) = (source.connection.capabilities().lag, CompareOptions::default());
            let side = side.unwrap();
            let report = compare_with_file(ctx, &source.row, lag, side, None, &options).await;
            let report = report.unwrap();
            assert!(report.balances());
            report
        };
        let report = compared(&file).await;
        let summary = &report.summary;
        assert_eq!((summary.provider_total, summary.missing_in_database), (Scene::rows(&file), 0));
        assert_eq!((summary.matching, summary.differing), (summary.provider_total, 0), "{:?}", report.differing_calls.first());
        // A row of a call that is gone from here is missing, or says why it is no call.
        scene.rig.db.execute("DELETE FROM calls").await;
        let report = compared(&file).await;
        let read = report.summary.missing_in_database + report.summary.set_aside;
        assert_eq!((read, report.summary.matching), (Scene::rows(&file), 0));
        assert_eq!(report.summary.unexplained, 0);
    }

    /// A file first, the database after it: each call once, and all the database knows of it.
    async fn calls_of_a_file_become_richer_when_the_database_is_read(db) {
        let scene = Scene::set(db).await;
        let file = scene.file();
        let report = scene.import(&file).await;
        assert!(report.success, "{report:#?}");
        assert_eq!((report.new, report.set_aside), (Scene::rows(&file), 0), "{report:#?}");
        let run = scene.rig.db.store.run_get(report.sync_log_id.unwrap()).await.unwrap().unwrap();
        assert_eq!(run.kind, "import");
        let calls = scene.rig.calls().await;
        assert!(calls.values().all(|call| call.first_seen_by == "import"));

        assert!(scene.rig.sync().await.success);
        scene.rig.assert_equals_truth().await;
        assert_eq!(scene.import(&file).await.new, 0);
        let again = scene.import(&file).await;
        assert_eq!((again.new, again.updated, again.set_aside), (0, 0, 0), "{again:#?}");
    }

    /// What was read from the database stays as it is.
    async fn a_file_makes_no_call_poorer(db) {
        let scene = Scene::set(db).await;
        assert!(scene.rig.sync().await.success);
        let before = scene.rig.calls().await;
        let report = scene.import(&scene.file()).await;
        assert_eq!((report.new, report.set_aside), (0, 0), "{report:#?}");
        let after = scene.rig.calls().await;
        for (id, call) in &before {
            let now = &after[id];
            assert_eq!((&now.status, now.duration_ms), (&call.status, call.duration_ms), "{id}");
            assert_eq!((now.occurred_at, &now.parts), (call.occurred_at, &call.parts), "{id}");
            assert_eq!(now.first_seen_by, "poll");
        }
        scene.rig.assert_equals_truth().await;
        // Reading the database again finds nothing new in what the file was put beside.
        let again = scene.rig.sync_all().await;
        assert_eq!((again.new, again.updated), (0, 0), "{again:#?}");
    }

    /// A row without `uniqueid` could be several calls.
    async fn rows_that_cannot_be_identified_are_set_aside_whole(db) {
        let scene = Scene::set(db).await;
        let file = scene.cluster.export(Fields::Standard);
        let report = scene.import(&file).await;
        assert_eq!((report.set_aside, report.new), (Scene::rows(&file), 0), "{report:#?}");
        assert!(scene.rig.calls().await.is_empty());
        let skips = scene.rig.db.store.run_skips(report.sync_log_id.unwrap()).await.unwrap();
        assert!(skips.iter().all(|skip| skip.detail.contains("no `uniqueid`")), "{skips:?}");
    }

    /// The database has lost a row since: an outbound call is one we hold, or one that only the file
    /// knows; a queue entry has its number in the database alone, and is not guessed.
    async fn calls_the_database_no_longer_has_are_matched_or_set_aside(db) {
        let scene = Scene::set(db).await;
        let held = scene.cluster.dial(scene.ago(3600), 905_000);
        let queued = scene.cluster.ids_of("vicidial_closer_log").pop().unwrap();
        let held_file = scene.file();
        assert!(String::from_utf8_lossy(&held_file).contains("\t905000\t"));
        assert!(scene.rig.sync().await.success);
        let only_file = scene.cluster.dial(scene.ago(7200), 905_001);
        let file = scene.file();
        for id in [&held, &queued, &only_file] {
            assert!(scene.cluster.remove(id));
        }
        let report = scene.import(&held_file).await;
        assert_eq!((report.new, report.set_aside), (0, 1), "{report:#?}");
        let report = scene.import(&file).await;
        assert_eq!((report.new, report.set_aside), (1, 1), "{report:#?}");
        let calls = scene.rig.calls().await;
        let found = calls.values().find(|call| call.first_seen_by == "import").unwrap();
        assert_eq!(found.duration_ms, Some(60_000));
        assert_eq!(scene.import(&file).await.new, 0);
    }

    /// What browsers and spreadsheets do to a file: nothing is dropped, and the accounts balance.
    async fn a_battered_file_is_accounted_for(db) {
        let scene = Scene::set(db).await;
        let whole = String::from_utf8(scene.file()).unwrap();
        let (head, rows) = whole.split_once("\r\n").unwrap();
        let rows: Vec<&str> = rows.lines().collect();
        // A mark, the header twice, every row twice, one row short, and the last one cut.
        let mut file = format!("\u{feff}{head}\n{head}\r\n");
        for row in rows.iter().chain(&rows).copied() {
            file.extend([row, "\r\n"]);
        }
        file.push_str("2026-03-31 08:00:00\t2015550101\tSALE\r\n");
        file.push_str(&rows[0][..20]);
        let dry = scene.import_with(file.as_bytes(), true).await;
        assert!(scene.rig.calls().await.is_empty());
        let report = scene.import(file.as_bytes()).await;
        let count = rows.len() as u64;
        let fates = |it: &RunReport| (it.total_fetched, it.new, it.repeated, it.set_aside);
        assert_eq!(fates(&report), (2 * count + 2, count, count, 2), "{report:#?}");
        assert_eq!(fates(&dry), fates(&report), "a dry run says otherwise: {dry:#?}");
        assert!(scene.rig.sync().await.success);
        scene.rig.assert_equals_truth().await;
    }

    /// The database cannot be asked, so nobody knows which call a row is: the file is not read on.
    async fn a_file_whose_calls_cannot_be_looked_up_is_not_guessed(db) {
        let scene = Scene::set(db).await;
        let file = scene.file();
        scene.cluster.revoke();
        let report = scene.import(&file).await;
        assert!(!report.success && report.total_fetched == 0, "{report:#?}");
        assert!(report.error.unwrap().contains("GRANT SELECT"));
        assert!(scene.rig.calls().await.is_empty());
    }
}
