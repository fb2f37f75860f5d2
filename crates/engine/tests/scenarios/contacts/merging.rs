//! Two contacts that are one, and apart again.

use super::*;

on_both_databases! {
    /// C4: a number that two people have is a reason, not a guess. Merging them solves it, and
    /// taking them apart brings it back, for calls that came in between too.
    async fn merging_places_what_waited_and_unmerging_brings_it_back(db) {
        let clinic = Clinic::set(db, vec![ada(DAY * 3, r#"{"first_name": "Ada"}"#)]).await;
        policy(&clinic.rig, ContactPolicy::Matched).await;
        let account = clinic.assign("Maple").await;
        let store = &clinic.rig.db.store;
        // Two leads share a number and have codes, which Teli's calls do not name.
        let file = format!(
            "vendor_lead_code,phone,first_name\n{},{ADA},Ada\n{},{ADA},Bob\n", lead_code(1), lead_code(2),
        );
        assert_eq!(import_into(&clinic.rig, account, &file).await.new, 2);
        clinic.read().await;
        let reasons = reasons(&clinic.rig).await;
        assert_eq!(reasons["contact_ambiguous"], 1, "{reasons:?}");
        let both = contacts(&clinic.rig).await;
        let now = clinic.rig.ctx.now();
        let dry = merge(store, (both[0], both[1]), ("ann", true), now).await.unwrap();
        assert_eq!(dry.calls_moved, 0);
        let merged = merge(store, (both[0], both[1]), ("ann", false), now).await.unwrap();
        assert_eq!(merged.calls_moved, 1);
        assert_eq!(contacts(&clinic.rig).await, [both[0]]);
        let one = show(&clinic.rig, both[0]).await;
        assert_eq!((one.calls, one.family.len(), one.ids.len()), (1, 2, 2));
        // A call that comes while they are one is placed with them.
        let agent = clinic.teli.mutate(|world| world.agents().iter().find(|agent| !agent.is_deleted).unwrap().id.clone());
        clinic.teli.mutate(|world| world.insert(NewCall { agent_id: Some(agent), ..ada(HOUR * 5, "{}") }));
        assert!(clinic.rig.sync_all().await.success);
        assert_eq!(show(&clinic.rig, both[0]).await.calls, 2);
        let again = merge(store, (both[0], both[1]), ("ann", false), now).await;
        assert!(matches!(again, Err(ContactError::WasMerged { .. })), "{again:?}");

        let apart = unmerge(store, both[1], ("ann", false), now).await.unwrap();
        assert_eq!(apart.calls_moved, 2);
        assert_eq!(self::reasons(&clinic.rig).await["contact_ambiguous"], 2);
        assert_eq!(contacts(&clinic.rig).await, both);
        for (contact, name) in [(both[0], "Ada"), (both[1], "Bob")] {
            let one = show(&clinic.rig, contact).await;
            assert_eq!((one.calls, one.fields.text("first_name").as_deref()), (0, Some(name)));
        }
        let again = unmerge(store, both[1], ("ann", false), now).await;
        assert!(matches!(again, Err(ContactError::NotMerged { .. })), "{again:?}");
    }
}
