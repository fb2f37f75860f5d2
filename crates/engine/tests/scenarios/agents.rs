//! Agents that come, change and go at the provider, and lists that could not be read (A24, C1).

use engine::agents::{AgentsError, agents_fetch};
use simulators::faults::{On, What};
use store::AgentRow;
use testkit::{Stage, on_both_databases};

use crate::keeping::assign;
use crate::play::{HOUR, stage};

async fn listed(stage: &Stage) -> Vec<AgentRow> {
    stage.db.store.agents_list(stage.source.row.id, stage.ctx.now()).await.unwrap()
}

/// The ids of those that are marked as gone.
async fn gone(stage: &Stage) -> Vec<String> {
    let rows = listed(stage).await.into_iter();
    rows.filter(|row| row.gone_at.is_some()).map(|row| row.provider_agent_id).collect()
}

/// An agent the provider lists now.
fn an_agent(stage: &Stage) -> String {
    stage.simulator.mutate(|world| {
        let mut listed = world.agents().iter().filter(|agent| !agent.is_deleted);
        listed.next().unwrap().id.clone()
    })
}

on_both_databases! {
    /// An agent deleted at the provider is marked, keeps its calls and its account, and is itself
    /// again when it comes back.
    async fn an_agent_that_is_no_longer_listed_is_marked_and_stays(db) {
        let stage = stage(db, |_| {}).await;
        let first = agents_fetch(&stage.ctx, &stage.source).await.unwrap();
        assert_eq!(first.new.len(), first.listed);
        assert!(first.is_whole && first.changed.is_empty() && first.gone.is_empty());
        let id = an_agent(&stage);
        stage.sync().await;
        assign(&stage, &id, "Maple").await;
        let before = (listed(&stage).await, stage.calls().await);

        stage.clock.pass(HOUR);
        stage.simulator.mutate(|world| world.set_agent_deleted(&id, true));
        let second = agents_fetch(&stage.ctx, &stage.source).await.unwrap();
        assert_eq!((second.new.len(), second.gone), (0, vec![id.clone()]));
        assert_eq!(gone(&stage).await, std::slice::from_ref(&id));
        let of = |rows: Vec<AgentRow>| {
            let found = rows.into_iter().find(|row| row.provider_agent_id == id).unwrap();
            (found.account, found.last_seen_at)
        };
        assert_eq!(of(listed(&stage).await), of(before.0));
        assert_eq!(stage.calls().await, before.1);
        let again = agents_fetch(&stage.ctx, &stage.source).await.unwrap();
        assert!(again.gone.is_empty(), "it is said once: {again:?}");

        stage.simulator.mutate(|world| world.set_agent_deleted(&id, false));
        let back = agents_fetch(&stage.ctx, &stage.source).await.unwrap();
        assert_eq!(back.changed.len(), 1);
        assert_eq!(gone(&stage).await, Vec::<String>::new());
    }

    /// A list that could not be read says nothing about who is gone.
    async fn agents_are_not_taken_as_gone_where_the_list_could_not_be_read(db) {
        let stage = stage(db, |_| {}).await;
        agents_fetch(&stage.ctx, &stage.source).await.unwrap();
        let on = On::path("/voice-ai/agents").forever();
        stage.simulator.faults().add(on.gives(What::status(403, r#"{"message":"Forbidden"}"#)));
        let refused = agents_fetch(&stage.ctx, &stage.source).await;
        assert!(matches!(refused, Err(AgentsError::Provider(_))), "{refused:?}");
        assert_eq!(gone(&stage).await, Vec::<String>::new());
        assert!(!listed(&stage).await.is_empty());
    }
}
