//! Row F2 and the accounts: numbers that add up in every run, and a database that insists.

use domain::{ProviderCallId, Window};
use engine::view::versions;
use simulators::WorldSettings;
use store::{CallKey, Scope};
use testkit::{Stage, on_both_databases};
use tokio::sync::mpsc;

use crate::keeping::{assert_books_are_true, assign, small_windows, sync_as};
use crate::play::{read_whole, stage};

on_both_databases! {
    /// F2: of 13 calls 11 are placed and 2 wait, in the first run and in every later one.
    async fn waiting_calls_are_counted_in_every_run(db) {
        let mut settings = small_windows(11);
        settings.world = WorldSettings { agents: 1, deleted_agents: 0, ..settings.world };
        let stage = Stage::set(db, settings).await;
        let agent = stage.simulator.mutate(|world| world.agents()[0].id.clone());
        assign(&stage, &agent, "Maple").await;
        let strangers = stage.simulator.mutate(|world| {
            let at = world.calls()[0].created_at;
            let stranger = simulators::NewCall {
                agent_id: Some("0123456789abcdef01234567".to_owned()),
                ..simulators::NewCall::at(at + 1000)
            };
            [world.insert(stranger), world.insert(simulators::NewCall::at(at + 2000))]
        });
        let first = stage.sync().await;
        assert_eq!((first.new, first.unchanged, first.waiting), (13, 0, 2), "{first:#?}");
        let second = stage.sync_all().await;
        assert_eq!((second.new, second.unchanged, second.waiting), (0, 13, 2), "{second:#?}");
        assert_eq!(first.skip_reasons, second.skip_reasons);
        for report in [&first, &second] {
            assert!(report.success);
            report.accounts().balance().unwrap();
            assert_eq!(report.total_fetched, 11 + report.waiting);
            assert_eq!(report.skip_reasons["agent_not_in_system"], 1);
            assert_eq!(report.skip_reasons["no_agent_id_in_call"], 1);
            // In detail too: which call, of whom, and when.
            let skips = stage.db.store.run_skips(report.sync_log_id.unwrap()).await.unwrap();
            let ids: Vec<_> = skips.iter().filter_map(|skip| skip.provider_call_id.as_ref()).collect();
            assert_eq!(ids, strangers.iter().collect::<Vec<_>>());
            assert_eq!(skips[0].provider_agent_id.as_deref(), Some("0123456789abcdef01234567"));
            assert!(skips.iter().all(|skip| skip.occurred_at.is_some()), "{skips:?}");
        }
        let run = &stage.db.store.runs_list(None, 1).await.unwrap()[0];
        assert_eq!((run.unchanged, run.waiting), (13, 2));
        let totals = stage.db.store.totals(Scope::Operator, stage.source.row.id).await.unwrap();
        assert_eq!((totals.calls, totals.placed, totals.waiting), (13, 11, 2));
    }

    /// Pages are written whole: were their accounts wrong, the database would refuse each page and take
    /// its records one by one, which is said and is a mistake of ours.
    async fn a_run_without_trouble_warns_of_nothing(db) {
        let stage = stage(db, |_| {}).await;
        let report = read_whole(&stage).await;
        let run = report.sync_log_id.unwrap();
        let log = stage.db.store.run_log(run).await.unwrap();
        let warned: Vec<&str> =
            log.iter().filter(|line| line.level != "info").map(|line| line.message.as_str()).collect();
        assert_eq!(warned, Vec::<&str>::new());
        assert_eq!(report.total_fetched, report.new + report.repeated);
        let again = stage.sync_all().await;
        assert_eq!((again.unchanged, again.new), (report.new, 0), "the margins count nothing twice");
    }

    /// Whoever writes to the database, a run that does not add up is not kept as one that does.
    async fn the_database_refuses_accounts_that_do_not_balance(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let run = stage.sync().await.sync_log_id.unwrap();
        for counter in
            ["listed", "new", "updated", "unchanged", "repeated", "set_aside", "failed"]
        {
            let one_more = format!("UPDATE runs SET {counter} = {counter} + 1 WHERE run_id = {run}");
            assert!(stage.db.attempt(&one_more).await.is_err(), "{counter}");
            let honest = format!(
                "UPDATE runs SET {counter} = {counter} + 1, status = 'unbalanced' WHERE run_id = {run};
                 UPDATE runs SET {counter} = {counter} - 1, status = 'success' WHERE run_id = {run}"
            );
            stage.db.attempt(&honest).await.unwrap();
        }
    }

    /// A call is placed with an account, or waits or is left out for a reason; nothing else.
    async fn the_database_refuses_a_call_that_is_nowhere(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let agent = stage.simulator.mutate(|world| world.agents()[0].id.clone());
        assign(&stage, &agent, "Maple").await;
        stage.sync().await;
        stage.db.stop_watching_revisions().await;
        for (which, impossible) in [
            ("placed", "account_id = NULL"),
            ("placed", "placement = 'waiting'"),
            ("waiting", "placement = 'placed'"),
            ("waiting", "placement = 'skipped'"),
            ("waiting", "placement = NULL"),
            ("waiting", "reason = NULL"),
            ("waiting", "reason = ''"),
        ] {
            let some = format!("SELECT COUNT(*) FROM calls WHERE placement = '{which}'");
            assert!(stage.db.number(&some).await > 0);
            let update = format!("UPDATE calls SET {impossible} WHERE placement = '{which}'");
            assert!(stage.db.attempt(&update).await.is_err(), "{which}: {impossible}");
        }
    }

    /// The proof of a window is refused by the database: the run must not count it as proved.
    async fn a_proof_that_could_not_be_written_is_not_counted(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        stage.db.refuse("coverage", "NEW.level <> 'unproven'").await;
        let failed = sync_as(&stage.ctx, &stage).await.unwrap_err();
        assert!(failed.to_string().contains("refused a row"), "{failed}");
        let run = &stage.db.store.runs_list(None, 1).await.unwrap()[0];
        assert_eq!((run.status.as_str(), run.windows_proved), ("failed", 0), "{run:?}");
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM coverage").await, 0);
        assert_books_are_true(&stage).await;
        stage.db.stop_refusing("coverage").await;
        assert!(stage.sync().await.success);
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
    }

    /// A run that cannot even begin to read says so at once, and not only after the next one.
    async fn a_run_that_cannot_keep_the_agents_is_ended_in_words(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        stage.db.refuse("agents", "NEW.name <> ''").await;
        let failed = sync_as(&stage.ctx, &stage).await.unwrap_err();
        assert!(failed.to_string().contains("refused a row"), "{failed}");
        let run = &stage.db.store.runs_list(None, 1).await.unwrap()[0];
        assert_eq!(run.status, "failed");
        assert!(run.error.as_deref().unwrap().contains("refused a row"), "{run:?}");
        stage.db.stop_refusing("agents").await;
        assert!(stage.sync().await.success);
        stage.assert_equals_truth().await;
    }

    /// Records are packed with what was learnt from earlier ones; whichever way, they come out
    /// byte for byte as the provider sent them.
    async fn records_packed_before_and_after_training_come_out_as_they_were_sent(db) {
        let stage = Stage::set(db, small_windows(600)).await;
        assert!(stage.sync().await.success);
        let packed = |how: &str| {
            format!("SELECT COUNT(*) FROM observations WHERE dictionary_id {how} 0")
        };
        assert!(stage.db.number(&packed("=")).await > 0, "some were packed before");
        assert!(stage.db.number(&packed("<>")).await > 0, "some were packed after");
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM dictionaries").await, 1);

        let all = Window::new(stage.source.row.since, stage.ctx.now()).unwrap();
        let (pages, mut arriving) = mpsc::channel(1000);
        stage.source.connection.walk(all, &pages).await.unwrap();
        drop(pages);
        let mut compared = 0;
        while let Some(page) = arriving.recv().await {
            for (record, _) in page.records {
                let id: ProviderCallId = record.identity.unwrap().id;
                let key = CallKey { source: stage.source.row.id, id };
                let kept = versions(&stage.db.store, Scope::Operator, &key).await.unwrap();
                assert_eq!(kept.len(), 1);
                assert_eq!(kept[0].raw, record.bytes.to_vec());
                compared += 1;
            }
        }
        assert_eq!(compared, 600);
    }
}
