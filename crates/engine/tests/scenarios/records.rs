//! Records that are odd, broken, huge, or of agents nobody knows (A30 and bad input).

use std::collections::BTreeSet;

use domain::{CallStatus, ProviderCallId, RunStatus};
use engine::ingest::Dictionaries;
use engine::view::versions;
use simulators::faults::{BadRecord, On, What};
use simulators::highlevel_voice_ai::{ACTION_SECRETS, ActionIdKey, Translation};
use simulators::world::Action;
use store::{CallKey, Scope, SetAsideRow};
use testkit::{Stage, on_both_databases};

use crate::play::*;

async fn set_aside(stage: &Stage) -> Vec<SetAsideRow> {
    stage.db.store.set_aside_list(stage.source.row.id, 0, 1000).await.unwrap()
}

async fn unpacked(stage: &Stage, row: &SetAsideRow) -> String {
    let mut dictionaries = Dictionaries::default();
    if let Some(known) = stage.db.store.dictionary_get(row.dictionary_id).await.unwrap() {
        dictionaries.add(known.dictionary_id, &known.content);
    }
    String::from_utf8(dictionaries.unpack(row.dictionary_id, &row.raw).unwrap()).unwrap()
}

async fn raw(stage: &Stage, id: &str) -> Vec<u8> {
    let key = CallKey { source: stage.source.row.id, id: ProviderCallId(id.to_owned()) };
    let mut all = versions(&stage.db.store, Scope::Operator, &key).await.unwrap();
    all.pop().unwrap().raw
}

/// One record of a page is spoiled: it is set aside whole with this reason, its page goes on, and
/// seeing it again changes nothing.
async fn a_record_is_set_aside(db: std::sync::Arc<testkit::TestDb>, how: BadRecord, why: &str) {
    let stage = stage(db, |_| {}).await;
    let on = On::path(&newest(&stage)).page(2).forever();
    let report = read_with(&stage, on.gives(What::BadRecords(vec![(3, how)]))).await;
    assert_eq!(report.set_aside, 1);
    assert_eq!(report.skip_reasons.get("set_aside"), Some(&1));
    assert_eq!(stage.calls().await.len(), CALLS - 1, "its page goes on");
    assert!(report.success, "{report:#?}");
    let rows = set_aside(&stage).await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].why.contains(why), "{}", rows[0].why);
    let text = unpacked(&stage, &rows[0]).await;
    match how {
        BadRecord::NotAnObject => assert_eq!(text, "42"),
        _ => assert!(text.contains("\"transcript\"") && text.ends_with('}')),
    }

    // The very same requests again: the same record, not one more.
    let able = stage.source.connection.capabilities();
    let to = stage.ctx.now() - able.lag;
    let again = stage.sync_window(to - able.window_max, to).await;
    balanced(&again);
    assert_eq!((again.new, again.updated, again.set_aside), (0, 0, 1));
    assert_eq!(set_aside(&stage).await.len(), 1);

    stage.simulator.faults().clear();
    let healed = stage.sync_all().await;
    balanced(&healed);
    assert_eq!((healed.new, healed.set_aside), (1, 0));
    stage.assert_equals_truth().await;
}

on_both_databases! {
    /// It has no id.
    async fn a_record_without_an_id_is_set_aside(db) {
        a_record_is_set_aside(db, BadRecord::WithoutId, "no `id`").await;
    }

    /// It has no time.
    async fn a_record_without_a_time_is_set_aside(db) {
        a_record_is_set_aside(db, BadRecord::NullCreatedAt, "`createdAt`").await;
    }

    /// It is a number.
    async fn a_record_that_is_no_object_is_set_aside(db) {
        a_record_is_set_aside(db, BadRecord::NotAnObject, "not an object").await;
    }

    /// One field of it makes no sense: the call is kept, and the field is unknown, not zero.
    async fn an_ill_typed_duration_costs_only_the_duration(db) {
        let stage = stage(db, |_| {}).await;
        let on = On::path(&newest(&stage)).page(2).forever();
        let bad = What::BadRecords(vec![(3, BadRecord::TextDuration)]);
        let report = read_with(&stage, on.gives(bad)).await;
        assert!(report.success);
        assert_eq!((report.new, report.set_aside), (CALLS as u64, 0));
        let unknown = stage.calls().await.into_values().filter(|row| row.duration_ms.is_none()).count();
        assert_eq!(unknown, 1);
        stage.simulator.faults().clear();
        let again = stage.sync_all().await;
        assert_eq!(again.updated, 1);
        stage.assert_equals_truth().await;
    }

    /// Words nobody documented.
    async fn unknown_words_are_kept_as_they_are(db) {
        let stage = stage(db, |_| {}).await;
        let on = On::path(&newest(&stage)).page(2).forever();
        let bad = What::BadRecords(vec![(3, BadRecord::UnknownEnums)]);
        let report = read_with(&stage, on.gives(bad)).await;
        assert!(report.success);
        assert_eq!((report.new, report.set_aside), (CALLS as u64, 0));
        stage.assert_equals_truth().await;
        let mut kept = 0;
        for id in stage.calls().await.keys() {
            let text = String::from_utf8(raw(&stage, id).await).unwrap();
            kept += usize::from(text.contains("TELEPORT") && text.contains("HOLOGRAM"));
        }
        assert_eq!(kept, 1);
    }

    /// B11: two years later, after many runs and sweeps, everything that nobody resolved is here: the
    /// calls that wait, every version of them, and the record nobody could read.
    async fn what_nobody_resolved_is_never_deleted(db) {
        let stage = stage(db, |_| {}).await;
        let bad = What::BadRecords(vec![(3, BadRecord::NotAnObject)]);
        read_with(&stage, On::path(&newest(&stage)).page(2).forever().gives(bad)).await;
        stage.simulator.faults().clear();
        stage.sync_all().await;
        let id = stage.calls().await.into_keys().next_back().unwrap();
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration += 7));
        assert_eq!(stage.sync_all().await.updated, 1);
        let before = (stage.calls().await, set_aside(&stage).await);
        assert!(before.0.values().all(|call| call.placement == "waiting"));
        assert_eq!(before.1.len(), 1);
        for _ in 0..24 {
            stage.clock.pass(DAY * 30);
            assert!(stage.sync().await.success);
            let (store, source) = (&stage.db.store, stage.source.row.id);
            engine::contacts::sweep(store, source, stage.ctx.now()).await.unwrap();
        }
        assert_eq!((stage.calls().await, set_aside(&stage).await), before);
        let key = CallKey { source: stage.source.row.id, id: ProviderCallId(id) };
        let kept = versions(&stage.db.store, Scope::Operator, &key).await.unwrap();
        assert_eq!(kept.len(), 2);
    }

    /// A custom action asks somebody's API, and the record of the call repeats what opens it.
    async fn what_opens_another_system_is_kept_nowhere(db) {
        let stage = stage(db, |_| {}).await;
        let mut call = call_ago(&stage, DAY);
        call.actions.push(Action {
            id: "6a25186f17a921dd841b287b".to_owned(),
            action_type: "CUSTOM_ACTION".to_owned(),
            name: "Look up the order".to_owned(),
            triggered_at: call.created_at + 10_000,
        });
        let id = stage.simulator.mutate(|world| world.insert(call));
        read_whole(&stage).await;
        let asked = stage.source.connection.record(&ProviderCallId(id.clone())).await.unwrap();
        for record in [raw(&stage, &id).await, asked.unwrap().bytes.to_vec()] {
            let text = String::from_utf8(record).unwrap();
            assert!(text.contains("orders.example.com"), "the rest of the action is kept: {text}");
            for secret in ACTION_SECRETS {
                assert!(!text.contains(secret), "{secret} is kept");
            }
        }
        let again = stage.sync_all().await;
        assert_eq!((again.new, again.updated), (0, 0), "{again:#?}");
    }

    /// Several on one page, all kinds.
    async fn many_bad_records_leave_the_good_ones(db) {
        let stage = stage(db, |_| {}).await;
        let bad = vec![
            (0, BadRecord::WithoutId),
            (1, BadRecord::NotAnObject),
            (4, BadRecord::NullCreatedAt),
            (7, BadRecord::NotAnObject),
            (9, BadRecord::UnknownEnums),
        ];
        let fault = On::path(&newest(&stage)).page(1).forever().gives(What::BadRecords(bad));
        let report = read_with(&stage, fault).await;
        assert!(report.success, "{report:#?}");
        assert_eq!(report.set_aside, 3);
        // The list has the oldest first; a word nobody knows costs no call, and neither does a record
        // that the window before lists as well.
        let able = stage.source.connection.capabilities();
        let edge = stage.ctx.now() - able.lag - able.window_max;
        let (from, both) = ((edge - able.margin).as_millis(), (edge + able.margin).as_millis());
        let truth = stage.truth();
        let mut listed: Vec<_> = truth.values().filter(|call| call.created_at >= from).collect();
        listed.sort_by_key(|call| call.created_at);
        let spoiled = [0, 1, 4, 7].map(|nth: usize| listed[nth]);
        let unreadable = spoiled.iter().filter(|call| call.created_at >= both);
        let unreadable: BTreeSet<&String> = unreadable.map(|call| &call.id).collect();
        assert!(!unreadable.is_empty());
        let good: BTreeSet<String> =
            truth.keys().filter(|id| !unreadable.contains(id)).cloned().collect();
        let stored: BTreeSet<String> = stage.calls().await.into_keys().collect();
        assert_eq!(stored, good);
        // Two of them are the same number, which is kept once.
        assert_eq!(set_aside(&stage).await.len(), 3);
        stage.simulator.faults().clear();
        balanced(&stage.sync_all().await);
        stage.assert_equals_truth().await;
    }

    /// Fields, spellings and shapes nobody documented.
    async fn odd_but_honest_records_are_calls(db) {
        let stage = stage(db, |it| {
            it.simulator.extra_fields = true;
            it.simulator.unknown_action_share = 0.5;
            it.simulator.omit_optional_share = 0.5;
            it.simulator.translation = Translation::Mixed;
            it.simulator.action_id_key = ActionIdKey::UnderscoreId;
            it.simulator.transcript_space = false;
            it.simulator.gzip = true;
        }).await;
        let report = read_whole(&stage).await;
        assert_eq!((report.new, report.set_aside), (CALLS as u64, 0));
        let calls = stage.calls().await;
        assert!(calls.values().all(|row| row.status == CallStatus::Completed.as_str()));
        // The record is kept byte for byte, so that what nobody understands today can be read later.
        let again = stage.sync_all().await;
        assert_eq!(again.unchanged, CALLS as u64);
    }

    /// Ten megabytes of words.
    async fn a_huge_transcript_is_kept_whole(db) {
        const BYTES: usize = 10 << 20;
        let stage = stage(db, |it| {
            it.world.calls = 30;
            it.tuning.request_timeout = MINUTE;
        }).await;
        let on = On::path(&newest(&stage)).page(1).forever();
        let report = read_with(&stage, on.gives(What::PadRecord { record: 2, bytes: BYTES })).await;
        assert!(report.success, "{report:#?}");
        stage.assert_equals_truth().await;
        let mut longest = Vec::new();
        for id in stage.calls().await.keys() {
            let raw = raw(&stage, id).await;
            longest = if raw.len() > longest.len() { raw } else { longest };
        }
        let record: serde_json::Value = serde_json::from_slice(&longest).unwrap();
        let truth = stage.truth();
        let words = truth[record["id"].as_str().unwrap()].transcript.to_string();
        let kept = record["transcript"].as_str().unwrap();
        assert_eq!(kept.len(), words.len() + BYTES);
        assert!(kept.starts_with(&words));
    }

    /// Line breaks that nobody escaped are line breaks, and no other content than those that somebody
    /// did.
    async fn raw_control_characters_spoil_no_page(db) {
        let stage = stage(db, |_| {}).await;
        let fault = On::path("call-logs").forever().gives(What::RawControlCharacters);
        let report = read_with(&stage, fault).await;
        assert!(report.success, "{report:#?}");
        assert_eq!((report.new, report.set_aside), (CALLS as u64, 0));
        stage.assert_equals_truth().await;
        let ids: Vec<String> = stage.calls().await.into_keys().collect();
        let record: serde_json::Value = serde_json::from_slice(&raw(&stage, &ids[0]).await).unwrap();
        assert!(record["transcript"].as_str().unwrap().contains('\n'));
        stage.simulator.faults().clear();
        let again = stage.sync_all().await;
        assert_eq!((again.new, again.updated, again.unchanged), (0, 0, CALLS as u64));
    }

    /// Calls without an agent, and of agents no longer listed, are kept and say what they lack.
    async fn calls_of_unknown_agents_wait_and_are_counted_in_every_run(db) {
        let stage = stage(db, |it| {
            it.world.without_agent_share = 0.2;
            it.world.deleted_agents = 2;
            it.world.agents = 4;
        }).await;
        let first = read_whole(&stage).await;
        assert_eq!(first.waiting, CALLS as u64);
        assert!(first.skip_reasons["no_agent_id_in_call"] > 0);
        assert!(first.skip_reasons["agent_not_in_system"] > 0);
        assert!(first.skip_reasons["agent_not_assigned_to_user"] > 0);
        let again = stage.sync_all().await;
        assert_eq!(again.skip_reasons, first.skip_reasons);
        assert_eq!(again.waiting, CALLS as u64);
        assert_ne!(again.status, RunStatus::Failed);
    }
}
