//! An office that sets up sources in a test: a key of its own, and no configuration.

use std::sync::Arc;

use domain::Timestamp;
use engine::set_up::Office;
use engine::vault::VaultKey;
use engine::{Context, Settings};
use providers::http::budget::Budgets;
use store::Store;

use crate::HandClock;

/// The office of a service with this store, whose clock stands at `now`.
pub fn office(store: &Store, now: Timestamp) -> Arc<Office> {
    let ctx = Context {
        store: store.clone(),
        wait: Arc::new(HandClock::at(now)),
        holder: "the test".to_owned(),
        settings: Settings::default(),
    };
    Arc::new(Office {
        ctx,
        budgets: Arc::new(Budgets::new()),
        key: Arc::new(|_seals_or_opens| Ok(Some(VaultKey::new([7; 32])))),
        configured: Arc::new(|_source| None),
    })
}
