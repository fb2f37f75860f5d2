#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod access;
mod lists;
mod records;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;

use crate::probe::{Reply, send};
use crate::world::{NewCall, World, WorldSettings};

use super::basic::base64;
use super::{Outcome, Settings, Simulator};

/// An hour after the last call of every test world.
const NOW: i64 = 1_795_132_800_000 + 3_600_000;

const DAY: i64 = 86_400_000;

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
    fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// A call that began this long before now.
    fn add(&self, ago: i64, duration: u32, outcome: Outcome) -> String {
        let new = NewCall { duration, ..NewCall::at(NOW - ago) };
        self.simulator.hand().add(new, outcome)
    }

    async fn get_as(&self, user: &str, secret: &str, target: &str) -> Reply {
        let basic = format!("Basic {}", base64(&format!("{user}:{secret}")));
        let headers = [("authorization", basic.as_str())];
        send(&self.simulator.base_url(), "GET", target, &headers, "").await.unwrap()
    }

    async fn get(&self, target: &str) -> Reply {
        let it = &self.simulator;
        self.get_as(it.account_sid(), it.auth_token(), target).await
    }

    fn account(&self, rest: &str) -> String {
        format!("/2010-04-01/Accounts/{}/{rest}", self.simulator.account_sid())
    }

    async fn list(&self, query: &str) -> Value {
        let reply = self.get(&self.account(&format!("Calls.json?{query}"))).await;
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        reply.json()
    }

    /// The call by its SID.
    async fn call(&self, sid: &str) -> Reply {
        self.get(&self.account(&format!("Calls/{sid}.json"))).await
    }

    /// Every SID under a query, page by page.
    async fn walk(&self, query: &str) -> Vec<String> {
        let mut page = self.list(query).await;
        let mut all = sids(&page);
        while let Some(next) = page["next_page_uri"].as_str() {
            page = self.get(next).await.json();
            all.extend(sids(&page));
        }
        all
    }
}

fn sids(page: &Value) -> Vec<String> {
    let calls = page["calls"].as_array().unwrap().iter();
    calls.map(|call| call["sid"].as_str().unwrap().to_owned()).collect()
}
