//! A person who is forgotten.

use super::*;

on_both_databases! {
    /// A person is erased: counts stay, numbers and words go for good, and reading the provider
    /// again does not bring them back.
    async fn an_erased_person_stays_counted_and_is_not_read_again(db) {
        let clinic = Clinic::set(db, vec![
            ada(DAY * 3, r#"{"first_name": "Ada"}"#), ada(DAY, r#"{"last_name": "Low"}"#),
        ]).await;
        clinic.assign("Maple").await;
        clinic.read().await;
        let (store, source) = (&clinic.rig.db.store, clinic.rig.source.row.id);
        let before = store.totals(Scope::Operator, source).await.unwrap();
        let contact = contacts(&clinic.rig).await[0];
        let agent_id = agent(&clinic.rig, &clinic.agent).await;
        let now = clinic.rig.ctx.now();
        let dry = erase(store, contact, ("ann", true), now).await.unwrap();
        assert_eq!((dry.contacts, dry.calls), (1, 2));
        assert_eq!(clinic.only_contact().await.phones, [ADA.to_owned()], "a dry run erases nothing");
        let erased = erase(store, contact, ("ann", false), now).await.unwrap();
        assert_eq!(erased, dry);
        assert_nothing_of_ada(&clinic.rig, contact).await;
        assert_eq!(store.totals(Scope::Operator, source).await.unwrap(), before);

        // Its calls change at the provider, and everything is read again.
        for id in clinic.rig.calls().await.keys() {
            clinic.rig.provider.change(id);
        }
        clinic.rig.clock.pass(MINUTE * 30);
        let report = clinic.rig.sync_all().await;
        assert!(report.success, "{report:#?}");
        assert_nothing_of_ada(&clinic.rig, contact).await;
        assert_eq!(store.totals(Scope::Operator, source).await.unwrap(), before);
        let again = erase(store, contact, ("ann", false), now).await;
        assert!(matches!(again, Err(ContactError::WasErased { .. })), "{again:?}");

        // Whoever calls again is somebody new.
        let agent = clinic.teli.mutate(|world| world.agents().iter().find(|agent| !agent.is_deleted).unwrap().id.clone());
        let at = (clinic.rig.ctx.now() - MINUTE * 20).as_millis();
        let new = NewCall { created_at: at, agent_id: Some(agent), ..ada(DAY, "{}") };
        clinic.teli.mutate(|world| world.insert(new));
        assert!(clinic.rig.sync_all().await.success);
        assert_eq!(contacts(&clinic.rig).await.len(), 2);

        // Only that call moves when the agent leaves: what was erased stays where it is counted.
        let leaving = Change::Unassign { agent: agent_id, from: Timestamp::MIN };
        let moved = place::make(store, leaving, "ann", now).await.unwrap();
        assert_eq!(moved, Some(1));
        assert_eq!(store.totals(Scope::Operator, source).await.unwrap().placed, before.placed);
    }
}

/// Demands that nothing anywhere says who the erased person was.
async fn assert_nothing_of_ada(rig: &Rig, contact: ContactId) {
    let history = show(rig, contact).await;
    assert!(history.fields.is_empty() && history.phones.is_empty() && history.ids.is_empty());
    assert_eq!(history.calls, 2);
    for message in &history.messages {
        assert_eq!((&message.transcript, &message.extracted), (&None, &None));
        let id = ProviderCallId(message.call.provider_call_id.clone());
        let key = CallKey { source: rig.source.row.id, id };
        for version in versions(&rig.db.store, Scope::Operator, &key).await.unwrap() {
            assert_eq!(version.raw, br#"{"erased":true}"#);
        }
        let call = rig.db.store.call_get(Scope::Operator, &key).await.unwrap().unwrap();
        assert_eq!((call.from_raw, call.to_raw, call.parts), (None, None, 0));
    }
    let count = rig.db.number("SELECT COUNT(*) FROM callers").await;
    assert!(count <= 1, "{count} callers are kept");
}
