//! Rows C2 to C4, C6 and C7: with whom a call was, and what happens while nobody knows.

mod erasing;
mod importing;
mod making;
mod merging;
mod waiting;

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

async fn reasons(rig: &Rig) -> BTreeMap<String, i64> {
    let groups = rig.db.store.waiting_groups(Scope::Operator, rig.source.row.id).await.unwrap();
    let mut reasons = BTreeMap::new();
    for group in groups {
        *reasons.entry(group.reason).or_default() += group.calls;
    }
    reasons
}
