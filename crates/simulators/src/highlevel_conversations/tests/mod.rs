#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod export;
mod threads;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;

use crate::probe::{Reply, send};
use crate::world::{World, WorldSettings};

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

    async fn get_as(&self, token: &str, target: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("version", "2021-04-15")];
        send(&self.simulator.base_url(), "GET", target, &headers, "").await.unwrap()
    }

    async fn get(&self, target: &str) -> Reply {
        self.get_as(self.simulator.token(), target).await
    }

    async fn export(&self, query: &str) -> Reply {
        let location = self.simulator.location_id();
        self.get(&format!("/conversations/messages/export?locationId={location}&{query}")).await
    }

    /// Every id of a chain, page by page, and the total of its last page.
    async fn chain(&self, query: &str) -> (Vec<String>, u64) {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.export(&format!("{query}{cursor}")).await;
            assert_eq!(page.status, 200, "{}", String::from_utf8_lossy(&page.body));
            let page = page.json();
            let found = ids(&page);
            let is_empty = found.is_empty();
            all.extend(found);
            match page["nextCursor"].as_str() {
                Some(next) if !is_empty => cursor = format!("&cursor={next}"),
                _ => return (all, page["total"].as_u64().unwrap()),
            }
        }
    }

    fn truth(&self) -> BTreeSet<String> {
        self.simulator.truth().into_iter().map(|call| call.id).collect()
    }
}

fn ids(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap().iter();
    messages.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

fn set(ids: Vec<String>) -> BTreeSet<String> {
    ids.into_iter().collect()
}
