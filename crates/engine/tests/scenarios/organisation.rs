//! Row F2: what the runs of an organisation with several accounts say, the first time and again.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::AccountId;
use engine::agents::agents_fetch;
use engine::place;
use engine::sync::{OrganisationReport, RunReport, SyncOptions};
use simulators::faults::{On, What};
use simulators::teli::{Settings, Simulator};
use simulators::{NewCall, World, WorldSettings};
use testkit::{HandClock, Rig, RigSettings, TestDb, on_both_databases};

use crate::keeping::assign;
use crate::play::{HOUR, read_whole, stage};

/// Calls of agents, and calls that name none.
const OF_AGENTS: u64 = 11;
const OF_NOBODY: u64 = 2;

on_both_databases! {
    /// F2: a call that waits is skipped in every run, and each call is synced, a duplicate or
    /// skipped: 13 = 11 + 2, the first time and the second.
    async fn the_second_run_over_the_same_calls_says_what_is_there_and_what_waits(db) {
        let rig = organisation(db).await;
        let names = names(&rig).await;
        let dry = rig.sync_with(SyncOptions { is_dry_run: true, ..SyncOptions::manual() }).await;
        let report = rig.sync().await;
        let first = said(&report, &names);
        assert_eq!(first, said(&dry, &names), "a dry run says the same and writes nothing");
        assert!(first.success && first.errors.is_empty(), "{first:?}");
        assert_eq!((first.total_calls, first.synced_calls), (OF_AGENTS + OF_NOBODY, OF_AGENTS));
        assert_eq!((first.skipped_calls, first.duplicate_calls), (OF_NOBODY, 0));
        let by_name: BTreeMap<&str, u64> = first.calls_by_business.values()
            .map(|business| (business.name.as_str(), business.new)).collect();
        assert_eq!(by_name, held(&rig).await.iter().map(|(name, calls)| (name.as_str(), *calls)).collect());
        assert_eq!(by_name.len(), 2, "the organisation has two accounts: {by_name:?}");
        let made = rig.db.number("SELECT COUNT(*) FROM contacts").await;
        assert_eq!(first.new_customers, made.unsigned_abs());
        assert!(made > 0);

        let second = said(&rig.sync_all().await, &names);
        assert_eq!((second.total_calls, second.synced_calls), (OF_AGENTS + OF_NOBODY, 0));
        assert_eq!((second.duplicate_calls, second.skipped_calls), (OF_AGENTS, OF_NOBODY));
        assert_eq!((second.new_customers, second.calls_by_business.len()), (0, 0));
        let both = OrganisationReport::of([&report, &dry], &names);
        assert_eq!((both.total_calls, both.synced_calls), (2 * first.total_calls, 2 * OF_AGENTS));
        assert!(both.calls_by_business.values().all(|business| business.synced == business.new));
    }

    /// A call that changed is synced and not new, so that the sum stays that of its parts.
    async fn a_call_that_changed_is_synced_and_not_new(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let agents = stage.db.store.agents_list(stage.source.row.id, stage.ctx.now()).await;
        for agent in agents.unwrap() {
            assign(&stage, &agent.provider_agent_id, "Maple").await;
        }
        let placed = stage.calls().await.into_iter().find(|(_, call)| call.placement == "placed");
        let (id, _) = placed.unwrap();
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration += 40));
        let changed = said(&stage.sync_all().await, &BTreeMap::new());
        let business: Vec<(u64, u64)> =
            changed.calls_by_business.values().map(|it| (it.synced, it.new)).collect();
        assert_eq!((changed.synced_calls, business), (1, vec![(1, 0)]));
    }

    /// The report has the names its users know.
    async fn the_report_has_the_names_its_users_know(db) {
        let rig = organisation(db).await;
        let names = names(&rig).await;
        let json = serde_json::to_value(said(&rig.sync().await, &names)).unwrap();
        let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = vec![
            "success", "totalCalls", "syncedCalls", "newCustomers", "skippedCalls",
            "duplicateCalls", "callsByBusiness", "errors",
        ];
        expected.sort_unstable();
        assert_eq!(keys, expected);
        for (id, business) in json["callsByBusiness"].as_object().unwrap() {
            assert_eq!(business["name"].as_str(), Some(names[&AccountId(id.parse().unwrap())].as_str()));
            assert!(business["synced"].is_u64() && business["new"].is_u64());
        }
        // A provider that refuses is an error, and not an organisation without calls.
        rig.provider.strike(On::path("").forever().gives(What::status(401, "{}")));
        let failed = said(&rig.sync_all().await, &names);
        assert!(!failed.success && !failed.errors.is_empty(), "{failed:?}");
    }
}

/// What a run says to its users; every call it lists is in exactly one of its numbers.
fn said(run: &RunReport, names: &BTreeMap<AccountId, String>) -> OrganisationReport {
    let said = OrganisationReport::of([run], names);
    let accounted = said.synced_calls + said.duplicate_calls + said.skipped_calls;
    assert_eq!(said.total_calls, accounted, "{said:?}");
    said
}

/// One Teli, whose agents belong to two accounts.
async fn organisation(db: Arc<TestDb>) -> Rig {
    let settings = RigSettings::default();
    let clock = HandClock::at(settings.now);
    let mut world = World::generate(&WorldSettings {
        calls: usize::try_from(OF_AGENTS).unwrap(),
        days: settings.days,
        deleted_agents: 0,
        end: (settings.now - HOUR).as_millis(),
        record_bytes: 800,
        ..WorldSettings::default()
    });
    for n in 0..OF_NOBODY {
        world.insert(NewCall::at(
            (settings.now - HOUR * (5 + u32::try_from(n).unwrap())).as_millis(),
        ));
    }
    // A dry run asks for no record by its id, so only what lists say of people is foreseen.
    let switches = Settings { rich_rows: true, ..Settings::default() };
    let running = Simulator::start(world, switches, clock.for_simulator()).await.unwrap();
    let rig = Rig::around(db, Box::new(running), clock, &settings).await;
    agents_fetch(&rig.ctx, &rig.source).await.unwrap();
    let (store, now) = (&rig.db.store, rig.ctx.now());
    let agents = store.agents_list(rig.source.row.id, now).await.unwrap();
    for (place, agent) in agents.iter().enumerate() {
        let mut tx = store.begin().await.unwrap();
        let account = tx.account_ensure(["Maple", "Cedar"][place % 2], now).await.unwrap();
        tx.commit().await.unwrap();
        let assignment = place::for_ever(domain::AgentId(agent.agent_id), account.id);
        place::assign(store, assignment, "ann", now).await.unwrap();
    }
    rig
}

async fn names(rig: &Rig) -> BTreeMap<AccountId, String> {
    let accounts = rig.db.store.accounts_list().await.unwrap().into_iter();
    accounts.map(|account| (account.id, account.name)).collect()
}

/// How many calls each account has.
async fn held(rig: &Rig) -> BTreeMap<String, u64> {
    let mut held = BTreeMap::new();
    for account in rig.calls().await.into_values().filter_map(|row| row.account) {
        *held.entry(account).or_default() += 1;
    }
    held
}
