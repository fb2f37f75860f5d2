//! Rows C2 to C4, C6 and C7: with whom a call was, and what happens while nobody knows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    AccountId, AgentId, Assignment, ContactId, ContactPolicy, Country, ProviderCallId, Timestamp,
};
use engine::agents::agents_fetch;
use engine::contacts::{
    ContactError, ContactImport, History, ImportReport, erase, history, import, merge, sweep,
    unmerge,
};
use engine::place::{self, Change};
use engine::view::versions;
use simulators::teli::voice_agent_id;
use simulators::vicidial::{Settings as Cluster, Simulator as Vicidial};
use simulators::{NewCall, Options, Simulated, World, WorldSettings, teli};
use store::{CallKey, CallRow, Scope};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};

use crate::play::{DAY, HOUR, MINUTE};

const ADA: &str = "+12015550123";

fn world(settings: &RigSettings) -> World {
    World::generate(&WorldSettings {
        calls: settings.calls,
        days: settings.days,
        end: (settings.now - HOUR).as_millis(),
        record_bytes: 800,
        ..WorldSettings::default()
    })
}

/// A Teli whose only calls are these, by an agent of an account, or of none.
struct Clinic {
    rig: Rig,
    teli: Arc<teli::Simulator>,
    agent: String,
}

impl Clinic {
    async fn set(db: Arc<TestDb>, calls: Vec<NewCall>) -> Self {
        let settings = RigSettings { calls: 0, ..RigSettings::default() };
        let clock = HandClock::at(settings.now);
        let mut world = world(&settings);
        let agent = world.agents().iter().find(|agent| !agent.is_deleted).unwrap().id.clone();
        for call in calls {
            world.insert(NewCall { agent_id: Some(agent.clone()), ..call });
        }
        let teli = teli::Simulator::start(world, teli::Settings::default(), clock.for_simulator());
        let teli = Arc::new(teli.await.unwrap());
        let provider: Box<dyn Simulated> = Box::new(Arc::clone(&teli));
        let rig = Rig::around(db, provider, clock, &settings).await;
        Self { rig, teli, agent: voice_agent_id(&agent) }
    }

    async fn assign(&self, account: &str) -> AccountId {
        assign(&self.rig, &self.agent, account, Timestamp::MIN).await
    }

    async fn read(&self) {
        let report = self.rig.sync().await;
        assert!(report.success, "{report:#?}");
    }

    async fn only_contact(&self) -> History {
        let contacts = contacts(&self.rig).await;
        let with_names: Vec<ContactId> = contacts;
        assert_eq!(with_names.len(), 1, "{with_names:?}");
        show(&self.rig, with_names[0]).await
    }
}

/// A call of Ada's, this long ago, with what its agent extracted.
fn ada(ago: Duration, extracted: &str) -> NewCall {
    let now = RigSettings::default().now;
    NewCall {
        from_number: Some(ADA.to_owned()),
        extracted_data: Some(extracted.to_owned()),
        ..NewCall::at((now - ago).as_millis())
    }
}

/// A ViciDial whose calls wait for leads.
struct Floor {
    rig: Rig,
    cluster: Arc<Vicidial>,
    account: AccountId,
}

const USER: &str = "2001";

impl Floor {
    async fn set(db: Arc<TestDb>) -> Self {
        let settings = RigSettings { calls: 0, days: 3, ..RigSettings::default() };
        let clock = HandClock::at(settings.now);
        let options = Options { is_unlimited: true, ..Options::default() };
        let world = world(&settings);
        let running = Vicidial::start(world, Cluster::default(), options, clock.for_simulator());
        let cluster = Arc::new(running.await.unwrap());
        let provider: Box<dyn Simulated> = Box::new(Arc::clone(&cluster));
        let rig = Rig::around(db, provider, clock, &settings).await;
        policy(&rig, ContactPolicy::Matched).await;
        let account = assign(&rig, USER, "Maple", Timestamp::MIN).await;
        Self { rig, cluster, account }
    }

    /// A call an agent took, this many minutes ago, to this lead; its id.
    fn talk(&self, minutes: i64, lead: i64) -> String {
        self.cluster.talk(self.rig.ctx.now().as_millis() / 1000 - minutes * 60, lead)
    }

    async fn read(&self) {
        let report = self.rig.sync().await;
        assert!(report.success, "{report:#?}");
        self.books_are_true().await;
    }

    async fn call(&self, id: &str) -> CallRow {
        self.rig.calls().await.remove(id).unwrap()
    }

    async fn stands(&self, id: &str) -> (String, String) {
        let call = self.call(id).await;
        (call.placement, call.reason)
    }

    /// The number that was dialled.
    async fn number(&self, id: &str) -> String {
        self.call(id).await.to_e164.unwrap()
    }

    async fn import(&self, file: &str) -> ImportReport {
        import_into(&self.rig, self.account, file).await
    }

    async fn books_are_true(&self) {
        let totals =
            self.rig.db.store.totals(Scope::Operator, self.rig.source.row.id).await.unwrap();
        assert_eq!(totals.calls, totals.placed + totals.waiting + totals.excluded);
        assert_eq!(usize::try_from(totals.calls).unwrap(), self.rig.calls().await.len());
    }
}

fn lead_code(lead: i64) -> String {
    format!("{:013}", 7_000_000_000_i64 + lead)
}

async fn policy(rig: &Rig, policy: ContactPolicy) {
    let mut tx = rig.db.store.begin().await.unwrap();
    tx.contact_policy_set(rig.source.row.id, Some(policy)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn agent(rig: &Rig, provider_agent_id: &str) -> AgentId {
    agents_fetch(&rig.ctx, &rig.source).await.unwrap();
    let agents = rig.db.store.agents_list(rig.source.row.id, rig.ctx.now()).await.unwrap();
    let found = agents.iter().find(|agent| agent.provider_agent_id == provider_agent_id);
    AgentId(found.unwrap_or_else(|| panic!("no agent {provider_agent_id}: {agents:?}")).agent_id)
}

async fn assign(rig: &Rig, agent_id: &str, account: &str, from: Timestamp) -> AccountId {
    let agent = agent(rig, agent_id).await;
    let mut tx = rig.db.store.begin().await.unwrap();
    let account = tx.account_ensure(account, rig.ctx.now()).await.unwrap().id;
    tx.commit().await.unwrap();
    let wanted = Assignment { agent, account, valid_from: from, valid_to: Timestamp::MAX };
    let change = Change::Assign(wanted);
    let foreseen = place::preview(&rig.db.store, change).await.unwrap();
    let moved = place::make(&rig.db.store, change, "ann", rig.ctx.now()).await.unwrap();
    assert_eq!(moved.unwrap_or(0), foreseen, "exactly what the preview says");
    account
}

async fn import_into(rig: &Rig, account: AccountId, file: &str) -> ImportReport {
    let asked = ContactImport { account, home: Country::US, by: "ann", is_dry_run: true };
    let dry = import(&rig.db.store, file.as_bytes(), &asked, rig.ctx.now()).await.unwrap();
    let asked = ContactImport { is_dry_run: false, ..asked };
    let report = import(&rig.db.store, file.as_bytes(), &asked, rig.ctx.now()).await.unwrap();
    assert_eq!(ImportReport { calls_placed: 0, ..report.clone() }, dry, "as the dry run said");
    assert_eq!(report.lines, report.new + report.changed + report.unchanged + report.refused);
    report
}

async fn contacts(rig: &Rig) -> Vec<ContactId> {
    let rows = rig.db.store.contacts_list(Scope::Operator, ContactId(0), 1000).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

async fn show(rig: &Rig, contact: ContactId) -> History {
    let read = |_: &str, record: &[u8]| rig.source.connection.normalise(record, Country::US).ok();
    history(&rig.db.store, Scope::Operator, contact, 100, read).await.unwrap()
}

/// How many calls each contact has.
async fn calls_of(rig: &Rig, contact: ContactId) -> Vec<String> {
    let history = show(rig, contact).await;
    let mut ids: Vec<String> =
        history.messages.into_iter().map(|message| message.call.provider_call_id).collect();
    ids.sort();
    ids
}

fn placed() -> (String, String) {
    ("placed".to_owned(), "agent_assignment".to_owned())
}

fn waits(reason: &str) -> (String, String) {
    ("waiting".to_owned(), reason.to_owned())
}

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

    /// C4: one number written in other ways is one number, and part of a number is none.
    async fn a_number_is_found_however_it_is_written(db) {
        let floor = Floor::set(db).await;
        let id = floor.talk(90, 905_001);
        floor.read().await;
        let number = floor.number(&id).await;
        let digits = number.trim_start_matches("+1");
        let tail = format!("phone\n+44 20 7946 {}\n", &digits[6..]);
        assert_eq!(floor.import(&tail).await.calls_placed, 0, "the same last digits");
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
    }

    /// The header is refused whole, a line by itself, and what can be used is used.
    async fn a_file_of_contacts_is_imported_as_far_as_it_can_be(db) {
        let floor = Floor::set(db).await;
        let store = &floor.rig.db.store;
        let asked = ContactImport { account: floor.account, home: Country::US, by: "ann", is_dry_run: false };
        let refused = |file: &'static str| import(store, file.as_bytes(), &asked, floor.rig.ctx.now());
        let error = refused("phone,colour\n").await.unwrap_err().to_string();
        assert!(error.contains("colour") && error.contains("vendor_lead_code"), "{error}");
        let error = refused("first_name\nAda\n").await.unwrap_err().to_string();
        assert!(error.contains("lacks a column") && error.contains("phone"), "{error}");
        let file = "phone,vendor_lead_code,first_name,custom.size\n\
                    201 555 0101,,Ada,big\n\
                    five,,Bob,\n\
                    2015550102,12345678901A3,Cyd,\n\
                    ,0000000000003,Dee,\n\
                    ,,Eve,\n\
                    \n\
                    (201) 555-0101,,Ann,\n\
                    2015550104,,Fay,small,more\n";
        let report = floor.import(file).await;
        assert_eq!((report.lines, report.new, report.refused), (7, 2, 5), "{report:#?}");
        let lines: Vec<u64> = report.refused_lines.iter().map(|refused| refused.line).collect();
        assert_eq!(lines, [3, 4, 6, 8, 9], "{report:#?}");
        assert!(report.refused_lines[1].why.contains("13 digits"), "{report:#?}");
        let shown = format!("{report:?}");
        assert!(!shown.contains("0101") && !shown.contains("0102"), "numbers are not told: {shown}");
        // As a spreadsheet of another system writes it.
        let again = floor.import(&file.replace('\n', "\r\n")).await;
        assert_eq!((again.new, again.changed, again.unchanged, again.refused), (0, 0, 2, 5));
        assert_eq!(again.refused_lines, report.refused_lines);
        let ada = show(&floor.rig, contacts(&floor.rig).await[0]).await;
        assert_eq!(ada.fields.text("size").as_deref(), Some("big"));
    }

    /// Thousands of contacts are imported in batches, and the second time changes nothing.
    async fn many_contacts_imported_twice_change_nothing_the_second_time(db) {
        let floor = Floor::set(db).await;
        let line = |n: i64| format!("{},2015{n:06},Ada {n}", lead_code(100_000 + n));
        let lines: Vec<String> = (0..3_000).map(line).collect();
        let file = format!("vendor_lead_code,phone,first_name\n{}\n", lines.join("\n"));
        let first = floor.import(&file).await;
        assert_eq!((first.lines, first.new), (3_000, 3_000));
        let second = floor.import(&file).await;
        assert_eq!((second.unchanged, second.new, second.changed), (3_000, 0, 0));
        assert_eq!(floor.rig.db.number("SELECT COUNT(*) FROM contacts").await, 3_000);
        assert_eq!(floor.rig.db.number("SELECT COUNT(*) FROM contact_phones").await, 3_000);
    }
}

async fn reasons(rig: &Rig) -> BTreeMap<String, i64> {
    let groups = rig.db.store.waiting_groups(Scope::Operator, rig.source.row.id).await.unwrap();
    let mut reasons = BTreeMap::new();
    for group in groups {
        *reasons.entry(group.reason).or_default() += group.calls;
    }
    reasons
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
