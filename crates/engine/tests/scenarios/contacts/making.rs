//! Contacts that calls make.

use super::*;

on_both_databases! {
    /// Names, appointment and the rest come from calls; later calls add to it, and what is empty
    /// or older erases nothing.
    async fn teli_calls_make_contacts_and_later_ones_add_without_erasing(db) {
        let clinic = Clinic::set(db, vec![
            ada(DAY * 3, r#"{"first_name": "Ada", "last_name": "Low", "day": "Monday", "budget": 12}"#),
            ada(DAY * 2, r#"{"first_name": " ", "email": "ada@mail.example", "month": "May"}"#),
            ada(DAY, r#"{"last_name": null, "day": "Friday", "appointment_time": "10:00"}"#),
        ]).await;
        clinic.assign("Maple").await;
        clinic.read().await;
        let contact = clinic.only_contact().await;
        let text = |name: &str| contact.fields.text(name).unwrap_or_default();
        assert_eq!((text("first_name"), text("last_name")), ("Ada".to_owned(), "Low".to_owned()));
        assert_eq!((text("email"), text("month")), ("ada@mail.example".to_owned(), "May".to_owned()));
        assert_eq!((text("day"), text("appointment_time")), ("Friday".to_owned(), "10:00".to_owned()));
        assert_eq!(contact.fields.custom().map(|(name, _)| name).collect::<Vec<_>>(), ["budget"]);
        assert_eq!((contact.phones.as_slice(), contact.calls), ([ADA.to_owned()].as_slice(), 3));
        assert!(contact.messages.iter().all(|message| message.transcript.is_some()));
        assert!(contact.messages[0].call.occurred_at > contact.messages[1].call.occurred_at);

        // An older call is read late.
        let agent = clinic.teli.mutate(|world| world.agents().iter().find(|agent| !agent.is_deleted).unwrap().id.clone());
        let late = ada(DAY * 4, r#"{"day": "Sunday", "notes": "late"}"#);
        clinic.teli.mutate(|world| world.insert(NewCall { agent_id: Some(agent), ..late }));
        assert!(clinic.rig.sync_all().await.success);
        let contact = clinic.only_contact().await;
        assert_eq!(contact.fields.text("day").as_deref(), Some("Friday"));
        assert_eq!((contact.fields.text("notes").as_deref(), contact.calls), (Some("late"), 4));
        assert!(clinic.rig.sync_all().await.success);
        assert_eq!(clinic.only_contact().await.calls, 4, "twice is once");
    }

    /// C7: whatever the agent heard the business is called, it is called what its account is; the
    /// record keeps what was heard.
    async fn the_business_is_called_what_its_account_is(db) {
        let clinic = Clinic::set(db, vec![ada(DAY, r#"{"business_name": "Mable", "first_name": "Ada"}"#)]).await;
        clinic.assign("Maple").await;
        clinic.read().await;
        let contact = clinic.only_contact().await;
        assert_eq!(contact.fields.get("business_name"), None);
        let message = &contact.messages[0];
        assert_eq!(message.extracted.as_ref().unwrap()["business_name"], "Maple");
        let id = ProviderCallId(message.call.provider_call_id.clone());
        let key = CallKey { source: clinic.rig.source.row.id, id };
        let raw = versions(&clinic.rig.db.store, Scope::Operator, &key).await.unwrap();
        assert!(String::from_utf8_lossy(&raw.last().unwrap().raw).contains("Mable"));
    }

    /// C2: calls that waited for an account get their contact with it, names and all, without being
    /// read again; and they change contacts with their account.
    async fn calls_that_get_an_account_get_their_contact_too(db) {
        let clinic = Clinic::set(db, vec![
            ada(DAY * 3, r#"{"first_name": "Ada"}"#), ada(DAY, r#"{"last_name": "Low"}"#),
        ]).await;
        clinic.read().await;
        assert!(contacts(&clinic.rig).await.is_empty());
        let requests = clinic.rig.provider.requests().len();
        clinic.assign("Maple").await;
        assert!(clinic.rig.provider.requests().len() <= requests + 2, "only agents were asked for");
        let contact = clinic.only_contact().await;
        assert_eq!((contact.fields.text("first_name").as_deref(), contact.calls), (Some("Ada"), 2));
        assert_eq!(contact.fields.text("last_name").as_deref(), Some("Low"));

        // The agent goes to another account from two days ago on.
        let cedar = assign(&clinic.rig, &clinic.agent, "Cedar", clinic.rig.ctx.now() - DAY * 2).await;
        let all = contacts(&clinic.rig).await;
        assert_eq!(all.len(), 2, "each account has its own people");
        let (old, new) = (show(&clinic.rig, all[0]).await, show(&clinic.rig, all[1]).await);
        assert_eq!((old.calls, new.calls, new.family[0].account), (1, 1, cedar));
        assert_eq!(new.phones, [ADA.to_owned()]);
    }
}
