//! What this simulator promises, switch by switch.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod lists;
mod records;

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
    async fn get_as(&self, key: &str, target: &str) -> Reply {
        let headers = [("x-api-key", key)];
        send(&self.simulator.base_url(), "GET", target, &headers, "").await.unwrap()
    }

    async fn get(&self, target: &str) -> Reply {
        self.get_as(self.simulator.key(), target).await
    }

    async fn ask(&self, query: &str) -> Reply {
        let organization_id = self.simulator.organization_id();
        let usual = format!("organization_id={organization_id}&is_admin=true");
        self.get(&format!("/v1/voice/calls?{usual}&{query}")).await
    }

    async fn list(&self, query: &str) -> Vec<Value> {
        let reply = self.ask(query).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let body = reply.json();
        assert_eq!(body["success"], true);
        body["calls"].as_array().unwrap().clone()
    }
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["call_id"].as_str().unwrap().to_owned()).collect()
}

fn iso(at: i64) -> String {
    format!("{:.3}", jiff::Timestamp::from_millisecond(at).unwrap())
}
