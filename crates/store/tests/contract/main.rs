//! The contract of every statement: what it does, on both databases, and where its edges are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod audit;
mod budgets;
mod calls;
mod changes;
mod comparing;
mod contacts;
mod health;
mod identities;
mod in_force;
mod jobs;
mod lateness;
mod ledger;
mod legs;
mod locks;
mod of_account;
mod rules;
mod runs;
mod samples;
mod schedules;
mod schema;
mod set_up;
mod set_ups;
mod since;
mod since_plans;
mod slices;
mod tokens;
mod trouble;
mod users;
mod volumes;
mod work;
