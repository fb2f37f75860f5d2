#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod lists;
mod records;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;

use crate::probe::{Reply, send};
use crate::world::{NewCall, World, WorldSettings};

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
    let clock = Arc::new(AtomicI64::new(NOW));
    let read = Arc::clone(&clock);
    let simulator =
        Simulator::start(world, settings, Arc::new(move || read.load(Ordering::Relaxed)));
    Stage { simulator: simulator.await.unwrap(), clock }
}

impl Stage {
    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// A call that began this many seconds ago, and its conversation's id.
    fn add(&self, seconds_ago: i64) -> String {
        self.add_all(&[seconds_ago]).pop().unwrap()
    }

    fn add_all(&self, seconds_ago: &[i64]) -> Vec<String> {
        let now = self.now();
        let ids = seconds_ago.iter().map(|ago| {
            let new = NewCall::at(now - ago * 1000);
            format!("conv_{}", self.simulator.mutate(|world| world.insert(new)))
        });
        ids.collect()
    }

    async fn get_as(&self, key: &str, path: &str) -> Reply {
        let target = format!("/v1/convai/{path}");
        let headers = [("xi-api-key", key)];
        send(&self.simulator.base_url(), "GET", &target, &headers, "").await.unwrap()
    }

    async fn get(&self, path: &str) -> Reply {
        self.get_as(self.simulator.token(), path).await
    }

    async fn json(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    async fn list(&self, query: &str) -> Value {
        self.json(&format!("conversations?{query}")).await
    }

    /// Every id under a query, cursor by cursor, and how many pages there were.
    async fn walk(&self, query: &str) -> (Vec<String>, usize) {
        let (mut all, mut page) = (Vec::new(), self.list(query).await);
        for pages in 1.. {
            all.extend(ids(&page));
            if page["has_more"] == false {
                return (all, pages);
            }
            let cursor = page["next_cursor"].as_str().unwrap().to_owned();
            page = self.list(&format!("{query}&cursor={cursor}")).await;
        }
        unreachable!("the walk ends at the end mark")
    }
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["conversations"].as_array().unwrap().iter();
    rows.map(|row| row["conversation_id"].as_str().unwrap().to_owned()).collect()
}
