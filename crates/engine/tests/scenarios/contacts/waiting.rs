//! Calls that wait for their contact, and how they find it.

use super::*;

on_both_databases! {
    /// C2: a call comes before its lead. It waits, and is placed in the moment the lead is here.
    async fn a_call_that_came_before_its_lead_is_placed_when_the_lead_comes(db) {
        let floor = Floor::set(db).await;
        let (one, other) = (floor.talk(90, 905_001), floor.talk(60, 905_002));
        floor.read().await;
        assert_eq!(floor.stands(&one).await, waits("contact_not_found"));
        let agent = floor.call(&one).await.agent;
        assert!(agent.is_some(), "the agent is kept");
        let report = floor.import(&format!("vendor_lead_code,first_name\n{},Ada\n", lead_code(905_001))).await;
        assert_eq!((report.new, report.calls_placed), (1, 1), "{report:?}");
        assert_eq!(floor.stands(&one).await, placed());
        assert_eq!(floor.stands(&other).await, waits("contact_not_found"));
        assert_eq!(calls_of(&floor.rig, contacts(&floor.rig).await[0]).await, std::slice::from_ref(&one));
        // Nothing waits for nothing, and nothing moves twice.
        let again = floor.import(&format!("vendor_lead_code,first_name\n{},Ada\n", lead_code(905_001))).await;
        assert_eq!((again.new, again.changed, again.unchanged, again.calls_placed), (0, 0, 1, 0));
        let report = floor.rig.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 0), "{report:#?}");
        // A call that comes after its lead does not wait at all.
        floor.rig.clock.pass(HOUR * 2);
        let later = floor.talk(40, 905_001);
        floor.read().await;
        assert_eq!(floor.stands(&later).await, placed());
        floor.books_are_true().await;
    }

    /// The code of a lead says who it is, whoever else has the number.
    async fn the_code_of_a_lead_wins_over_its_number(db) {
        let floor = Floor::set(db).await;
        let id = floor.talk(90, 905_001);
        floor.read().await;
        let number = floor.number(&id).await;
        let with_other_code = format!("vendor_lead_code,phone\n{},{number}\n", lead_code(9999));
        assert_eq!(floor.import(&with_other_code).await.calls_placed, 0, "that is somebody else");
        assert_eq!(floor.stands(&id).await, waits("contact_not_found"));
        let file = format!("vendor_lead_code,phone,first_name\n{},{number},Ada\n", lead_code(905_001));
        assert_eq!(floor.import(&file).await.calls_placed, 1);
        let all = contacts(&floor.rig).await;
        assert_eq!((all.len(), calls_of(&floor.rig, all[1]).await), (2, vec![id]));
    }

    /// C4: one number written in other ways is one number, and one that ends alike is another's.
    async fn a_number_is_found_however_it_is_written(db) {
        let floor = Floor::set(db).await;
        let id = floor.talk(90, 905_001);
        floor.read().await;
        let number = floor.number(&id).await;
        let digits = number.trim_start_matches("+1");
        // All ten digits, in another country.
        let abroad = format!("phone,first_name\n+44 {digits},Bob\n");
        let report = floor.import(&abroad).await;
        assert_eq!((report.new, report.calls_placed), (1, 0), "{report:?}");
        assert_eq!(floor.stands(&id).await, waits("contact_not_found"));
        let written = format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..]);
        let report = floor.import(&format!("phone,first_name\n{written},Ada\n")).await;
        assert_eq!((report.new, report.calls_placed), (1, 1), "{report:?}");
        assert_eq!(floor.stands(&id).await, placed());
    }

    /// A call that names a code nobody has is not given to whoever has its number and another code;
    /// and a line of a file is no guess either.
    async fn a_code_nobody_has_is_not_guessed_from_a_number(db) {
        let floor = Floor::set(db).await;
        let id = floor.talk(90, 905_001);
        floor.read().await;
        let number = floor.number(&id).await;
        let file = format!("vendor_lead_code,phone\n{},{number}\n{},{number}\n", lead_code(1), lead_code(2));
        let report = floor.import(&file).await;
        assert_eq!((report.new, report.calls_placed), (2, 0), "{report:?}");
        assert_eq!(floor.stands(&id).await, waits("contact_not_found"));
        let plain = format!("phone,first_name\n{number},Ada\n");
        let report = floor.import(&plain).await;
        assert_eq!((report.refused, report.new), (1, 0), "{report:?}");
        assert!(report.refused_lines[0].why.contains("merge"), "{report:?}");
        floor.books_are_true().await;
    }

    /// C3: a record without a number is kept. Where contacts are made, it is in its account without
    /// one; where they are looked for, it says what it lacks.
    async fn a_call_without_a_number_is_kept_and_says_so(db) {
        let nobody = NewCall { from_number: None, ..ada(DAY, "{}") };
        let clinic = Clinic::set(db, vec![nobody]).await;
        clinic.assign("Maple").await;
        clinic.read().await;
        assert!(contacts(&clinic.rig).await.is_empty());
        let totals = clinic.rig.db.store.totals(Scope::Operator, clinic.rig.source.row.id).await.unwrap();
        assert_eq!(totals.placed, 1, "{totals:?}");
        policy(&clinic.rig, ContactPolicy::Matched).await;
        let agent = clinic.teli.mutate(|world| world.agents().iter().find(|agent| !agent.is_deleted).unwrap().id.clone());
        let other = NewCall { from_number: None, agent_id: Some(agent), ..ada(HOUR * 7, "{}") };
        clinic.teli.mutate(|world| world.insert(other));
        assert!(clinic.rig.sync_all().await.success);
        assert_eq!(reasons(&clinic.rig).await["no_phone_in_call"], 1);
    }

    /// C6: nothing that waits is ever deleted, however long it waits; and the sweep finds what
    /// nobody announced.
    async fn calls_wait_for_their_contact_for_as_long_as_it_takes(db) {
        let floor = Floor::set(db).await;
        let id = floor.talk(90, 905_001);
        floor.read().await;
        floor.rig.clock.pass(DAY * 400);
        let (store, source) = (&floor.rig.db.store, floor.rig.source.row.id);
        let swept = sweep(store, source, floor.rig.ctx.now()).await.unwrap();
        assert_eq!((swept.moved, floor.stands(&id).await), (0, waits("contact_not_found")));
        assert!(swept.looked > 0);
        // A contact appears that nobody announced: its writer died before it could.
        let mut tx = store.begin().await.unwrap();
        let new = store::NewContact { account: floor.account, fields: domain::ContactFields::new() };
        let contact = tx.contacts_add(&[new], "ann", floor.rig.ctx.now()).await.unwrap()[0];
        let external = domain::ExternalId::lead_code(&lead_code(905_001)).unwrap();
        tx.contact_ids_add(&[store::NewExternalId { account: floor.account, contact, external }]).await.unwrap();
        tx.commit().await.unwrap();
        let swept = sweep(store, source, floor.rig.ctx.now()).await.unwrap();
        assert_eq!((swept.moved, floor.stands(&id).await), (1, placed()));
        let swept = sweep(store, source, floor.rig.ctx.now()).await.unwrap();
        assert_eq!(swept.moved, 0);
        floor.books_are_true().await;
    }
}
