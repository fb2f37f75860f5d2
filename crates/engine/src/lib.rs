//! The verbs: sync, backfill, gaps, ingest, place, compare, legs, examine, contacts, statements, jobs,
//! schedules, export, search, evidence; access by tokens, and users.
//!
//! Read [`sync::sync`] first: it plans windows from the ledger, lets the provider walk them,
//! sends every page through [`ingest`], and ends with accounts that balance.

pub mod access;
pub mod agents;
pub mod backfill;
pub mod budget;
pub mod compare;
pub mod contacts;
mod context;
pub mod evidence;
pub mod examine;
pub mod export;
pub mod gaps;
pub mod ingest;
pub mod jobs;
pub mod lateness;
mod lease;
pub mod legs;
pub mod lines;
pub mod list;
mod memory;
pub mod place;
pub mod schedules;
pub mod search;
pub mod secret;
pub mod set_up;
pub mod sheet;
pub mod statement;
pub mod sync;
pub mod trouble;
pub mod users;
pub mod vault;
pub mod view;
pub mod worker;

pub use context::{Context, Settings, Source};
