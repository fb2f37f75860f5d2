//! Rows B1 to B3: what a call is known by, and that reading twice is reading once.

use domain::{ProviderCallId, RunKind, Window};
use engine::ingest::{Codec, Committed, RulesAt, SeenBy, Sighting, commit, prepare};
use providers::RawRecord;
use simulators::NewCall;
use store::{CallKey, Scope};
use testkit::{Kind, Stage, instant, on_both_databases};

use crate::keeping::{assert_books_are_true, small_windows};
use crate::play::MINUTE;

const WAITING_FOR_ANOTHER: &str = "SELECT COUNT(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()";

on_both_databases! {
    /// B1: a key made of contact, agent and second would keep one of them.
    async fn two_calls_of_one_contact_to_one_agent_in_one_second_stay_two(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let twins = stage.simulator.mutate(|world| {
            let (agent, contact) = (world.agents()[0].clone(), world.contacts()[0].clone());
            let at = instant("2026-03-20T10:00:00Z").as_millis();
            let call = NewCall {
                agent_id: Some(agent.id),
                contact_id: Some(contact.id),
                from_number: Some(contact.phone),
                ..NewCall::at(at)
            };
            [world.insert(call.clone()), world.insert(call)]
        });
        let report = stage.sync().await;
        assert!(report.success, "{report:#?}");
        assert_eq!(report.new, 62);
        let calls = stage.calls().await;
        assert!(twins.iter().all(|id| calls.contains_key(id)), "{twins:?}");
        stage.assert_equals_truth().await;
        assert_books_are_true(&stage).await;
    }

    /// B2: whatever the mixture, a key has one row, and every row knows what happened to it.
    async fn a_page_of_new_updated_and_unchanged_calls_has_one_row_per_key(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        stage.sync().await;
        stage.simulator.mutate(|world| {
            let old: Vec<_> = world.calls().to_vec();
            for (nth, call) in old.iter().enumerate() {
                match nth % 4 {
                    0 => { world.edit(&call.id, |call| call.duration += 1); }
                    1 => { world.insert(NewCall::at(call.created_at - 1)); }
                    2 => { world.insert(NewCall::at(call.created_at + 1)); }
                    _ => {}
                }
            }
        });
        let report = stage.sync_all().await;
        assert!(report.success, "{report:#?}");
        assert_eq!((report.new, report.updated, report.unchanged), (60, 30, 90));
        report.accounts().balance().unwrap();
        let count = "SELECT COUNT(*) FROM calls";
        assert_eq!(stage.db.number(count).await, 180);
        let keys = "SELECT COUNT(DISTINCT provider_call_id) FROM calls";
        assert_eq!(stage.db.number(keys).await, 180);
        stage.assert_equals_truth().await;
        assert_books_are_true(&stage).await;
    }

    /// B2: a call that changes while it is read comes twice, and neither content is lost.
    async fn a_call_with_two_contents_in_one_batch_is_one_call_that_was_seen_twice(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        stage.sync().await;
        let (id, at) = stage.simulator.mutate(|world| {
            let call = NewCall::at(instant("2026-03-20T10:00:00Z").as_millis());
            (world.insert(call.clone()), call.created_at)
        });
        let first = record(&stage, &id).await;
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration = 77));
        let second = record(&stage, &id).await;
        assert_ne!(first.bytes, second.bytes);

        let (ctx, source) = (&stage.ctx, &stage.source);
        let sightings = vec![
            Sighting::new(first.clone(), false),
            Sighting::new(second.clone(), true),
        ];
        let mut rules = RulesAt::default();
        let batch = prepare(ctx, source, &rules, &Codec::plain(), sightings.into()).await.unwrap();
        let mut tx = stage.db.store.begin().await.unwrap();
        let run = tx.run_start(source.row.id, RunKind::Manual, "{}", ctx.now()).await.unwrap();
        let done = commit(&mut tx, source, run, SeenBy::Poll, &mut rules, &batch, ctx.now()).await;
        tx.commit().await.unwrap();
        let accounts = done.unwrap().accounts;
        assert_eq!((accounts.new, accounts.updated), (1, 1));

        let key = CallKey { source: source.row.id, id: ProviderCallId(id.clone()) };
        let seen = engine::view::versions(&stage.db.store, Scope::Operator, &key).await.unwrap();
        let seen: Vec<_> = seen.into_iter().map(|version| version.raw).collect();
        assert_eq!(seen, [first.bytes.to_vec(), second.bytes.to_vec()]);
        assert_eq!(stage.calls().await[&id].duration_ms, Some(77_000));
        // The next run over that day finds it as it was left.
        let day = Window::new(instant("2026-03-20"), instant("2026-03-21")).unwrap();
        assert!(day.contains(domain::Timestamp::from_millis(at)));
        let report = stage.sync_window(day.from(), day.to()).await;
        assert_eq!((report.new, report.updated), (0, 0), "{report:#?}");
        stage.assert_equals_truth().await;
    }

    /// B2: a call that changes and changes back within one batch ends as it was last seen.
    async fn a_call_that_changes_back_within_one_batch_ends_as_it_was_last_seen(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        stage.sync().await;
        let id = stage.truth().into_keys().nth(30).unwrap();
        let lasts = stage.truth()[&id].duration;
        let before = record(&stage, &id).await;
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration = lasts + 77));
        let between = record(&stage, &id).await;

        let (ctx, source) = (&stage.ctx, &stage.source);
        let seen = [(&before, false), (&between, true), (&before, true)];
        let sightings = seen.map(|(record, again)| Sighting::new(record.clone(), again)).to_vec();
        let mut rules = RulesAt::default();
        let batch = prepare(ctx, source, &rules, &Codec::plain(), sightings.into()).await.unwrap();
        let mut tx = stage.db.store.begin().await.unwrap();
        let run = tx.run_start(source.row.id, RunKind::Manual, "{}", ctx.now()).await.unwrap();
        let foreseen = Committed::foreseen(run, &batch).accounts;
        let done = commit(&mut tx, source, run, SeenBy::Poll, &mut rules, &batch, ctx.now()).await;
        tx.commit().await.unwrap();
        let accounts = done.unwrap().accounts;
        assert_eq!((accounts.unchanged, accounts.updated), (1, 2), "{accounts:?}");
        assert_eq!((foreseen.unchanged, foreseen.repeated), (1, 2), "{foreseen:?}");
        assert_eq!(stage.calls().await[&id].duration_ms, Some(i64::from(lasts) * 1000));
        let key = CallKey { source: source.row.id, id: ProviderCallId(id) };
        let versions = engine::view::versions(&stage.db.store, Scope::Operator, &key).await;
        assert_eq!(versions.unwrap().len(), 3);
    }

    /// Somebody is erased while their call, which changed, waits to be written: nothing of it is kept.
    async fn a_call_erased_after_it_was_read_is_not_written(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        stage.sync().await;
        let id = stage.truth().into_keys().nth(30).unwrap();
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration += 77));
        let sightings = vec![Sighting::new(record(&stage, &id).await, false)];
        let (ctx, source) = (&stage.ctx, &stage.source);
        let mut rules = RulesAt::default();
        let batch = prepare(ctx, source, &rules, &Codec::plain(), sightings.into()).await.unwrap();
        let erase = format!("UPDATE calls SET erased_at = 1 WHERE provider_call_id = '{id}'");
        stage.db.stop_watching_revisions().await;
        stage.db.execute(&erase).await;
        let mut tx = stage.db.store.begin().await.unwrap();
        let run = tx.run_start(source.row.id, RunKind::Manual, "{}", ctx.now()).await.unwrap();
        let done = commit(&mut tx, source, run, SeenBy::Poll, &mut rules, &batch, ctx.now()).await;
        tx.commit().await.unwrap();
        let accounts = done.unwrap().accounts;
        assert_eq!((accounts.unchanged, accounts.updated), (1, 0), "{accounts:?}");
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM observations").await, 60);
    }

    /// B9: a call that another writer stores between our look and our insert is refused by its
    /// key; looked up once more it is known, and nothing is lost or counted twice.
    async fn a_call_another_writer_was_faster_with_is_known_and_not_lost(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let (ctx, source) = (&stage.ctx, &stage.source);
        // Afterwards nothing but calls is left to write, so that the two meet there.
        engine::agents::agents_fetch(ctx, source).await.unwrap();
        let id = stage.truth().into_keys().nth(30).unwrap();
        let sightings = vec![Sighting::new(record(&stage, &id).await, false)];
        let (version, rules) = ctx.store.rules_load(source.row.id).await.unwrap();
        let mut rules = RulesAt { version, rules };
        let batch = prepare(ctx, source, &rules, &Codec::plain(), sightings.into()).await.unwrap();
        let mut tx = stage.db.store.begin().await.unwrap();
        let run = tx.run_start(source.row.id, RunKind::Manual, "{}", ctx.now()).await.unwrap();
        commit(&mut tx, source, run, SeenBy::Poll, &mut rules, &batch, ctx.now()).await.unwrap();

        let other = async {
            // SQLite has one writer, so there the other one must end before we can begin.
            let meets = async {
                while stage.db.kind == Kind::Postgres && stage.db.number(WAITING_FOR_ANOTHER).await == 0 {}
            };
            tokio::time::timeout(MINUTE, meets).await.expect("the two meet");
            tx.commit().await.unwrap();
        };
        let (report, ()) = tokio::join!(stage.sync(), other);
        assert!(report.success, "{report:#?}");
        assert_eq!((report.new, report.unchanged, report.error_count), (59, 1, 0), "{report:#?}");
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM observations").await, 60);
        stage.assert_equals_truth().await;
    }

    /// B3: numbers people see are counted from rows, so that reading again adds nothing.
    async fn reading_everything_three_times_counts_everything_once(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        for _ in 0..3 {
            let report = stage.sync_all().await;
            assert!(report.success, "{report:#?}");
        }
        let (store, source) = (&stage.db.store, stage.source.row.id);
        assert_eq!(store.totals(Scope::Operator, source).await.unwrap().calls, 120);
        let agents = store.agents_list(source, stage.ctx.now()).await.unwrap();
        let calls = store.agent_calls(source, None).await.unwrap();
        for agent in &agents {
            let true_calls = stage.truth();
            let of_agent = true_calls.values().filter(|call| {
                call.agent_id.as_deref() == Some(agent.provider_agent_id.as_str())
            });
            let counted = calls.get(&agent.provider_agent_id).copied().unwrap_or(0);
            assert_eq!(counted, of_agent.count() as u64, "{agent:?}");
        }
        let groups = store.waiting_groups(Scope::Operator, source).await.unwrap();
        assert_eq!(groups.iter().map(|group| group.calls).sum::<i64>(), 120);
        assert_eq!(stage.db.number("SELECT CAST(SUM(new) AS BIGINT) FROM runs").await, 120);
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM observations").await, 120);
        assert_books_are_true(&stage).await;
    }
}

async fn record(stage: &Stage, id: &str) -> RawRecord {
    let found = stage.source.connection.record(&ProviderCallId(id.to_owned())).await;
    found.unwrap().expect("the provider has the call")
}
