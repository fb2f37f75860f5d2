//! The verbs: sync, ingest, place, compare, examine.
//!
//! Read [`sync::sync`] first: it plans windows from the ledger, lets the provider walk them,
//! sends every page through [`ingest`], and ends with accounts that balance.

pub mod agents;
pub mod compare;
mod context;
pub mod examine;
pub mod ingest;
pub mod place;
pub mod sync;
pub mod vault;
pub mod view;

pub use context::{Context, Settings, Source};
