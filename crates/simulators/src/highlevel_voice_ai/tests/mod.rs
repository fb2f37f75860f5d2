#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod access;
mod broken;
mod lists;
mod records;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;

use crate::probe::{Reply, send};
use crate::world::{TrueCall, World, WorldSettings};

use super::{Settings, Simulator};

/// An hour after the last call of every test world.
const NOW: i64 = 1_795_132_800_000 + 3_600_000;

/// A simulator with a clock moved by hand.
struct Stage {
    simulator: Simulator,
    clock: Arc<AtomicI64>,
}

async fn stage(calls: usize, settings: Settings) -> Stage {
    let world = World::generate(&WorldSettings { calls, ..WorldSettings::default() });
    stage_of(world, settings).await
}

async fn stage_of(world: World, settings: Settings) -> Stage {
    let clock = Arc::new(AtomicI64::new(NOW));
    let read = Arc::clone(&clock);
    let simulator =
        Simulator::start(world, settings, Arc::new(move || read.load(Ordering::Relaxed)));
    Stage { simulator: simulator.await.unwrap(), clock }
}

impl Stage {
    fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }

    async fn get_as(&self, token: &str, target: &str) -> io::Result<Reply> {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("version", "2021-04-15")];
        send(&self.simulator.base_url(), "GET", target, &headers, "").await
    }

    async fn get(&self, target: &str) -> io::Result<Reply> {
        self.get_as(self.simulator.token(), target).await
    }

    fn logs(&self, query: &str) -> String {
        let location = self.simulator.location_id();
        format!("/voice-ai/dashboard/call-logs?locationId={location}&{query}")
    }

    async fn list(&self, query: &str) -> Value {
        let reply = self.get(&self.logs(query)).await.unwrap();
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    async fn status(&self, query: &str) -> u16 {
        self.get(&self.logs(query)).await.unwrap().status
    }

    /// Every id under a query, page by page, and the total of the last page.
    async fn walk(&self, query: &str) -> (Vec<String>, u64) {
        let mut all = Vec::new();
        for page in 1.. {
            let answer = self.list(&format!("{query}&pageSize=50&page={page}")).await;
            let found = ids(&answer);
            if found.is_empty() {
                return (all, answer["total"].as_u64().unwrap());
            }
            all.extend(found);
        }
        unreachable!("the walk ends at an empty page")
    }

    fn listed(&self) -> HashSet<String> {
        let truth = self.simulator.truth().into_iter();
        truth.filter(TrueCall::is_listed).map(|call| call.id).collect()
    }
}

fn ids(page: &Value) -> Vec<String> {
    let logs = page["callLogs"].as_array().unwrap().iter();
    logs.map(|log| log["id"].as_str().unwrap().to_owned()).collect()
}
