//! Calls that the dialler lost, named by its other ledgers and its totals (A20).

use std::sync::Arc;

use providers::{Probe, ProbeOutcome, parts};
use simulators::vicidial::{Act, Settings};
use testkit::{RigSettings, on_both_databases};

use super::{HOUR, Scene, small};

on_both_databases! {
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
