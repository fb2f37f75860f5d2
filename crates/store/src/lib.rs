//! All SQL about our own database, for SQLite and PostgreSQL from one body per statement.
//!
//! House rules: `$1` placeholders; instants in milliseconds; no clock and no randomness in SQL;
//! paging by key; every read of calls takes a [`Scope`]; functions start with the noun they are
//! about. [`Store`] reads; everything that writes goes through a [`Tx`].

mod accounts;
mod agents;
mod audit;
mod batch;
mod budgets;
mod calls;
mod changes;
mod contacts;
mod coverage;
mod credentials;
mod db;
mod dictionaries;
mod error;
mod explain;
mod export_columns;
mod health;
mod idempotency;
mod in_force;
mod insert;
mod jobs;
mod lateness;
mod legs;
mod observations;
mod opening;
mod probes;
mod rules;
mod runs;
mod schedules;
mod scope;
mod set_aside;
mod set_ups;
mod sources;
mod statements;
mod text;
mod tokens;
mod totals;
mod users;
mod volumes;
mod work;

pub use accounts::{AccountChangeRow, AccountRow, AccountTies, AccountUse};
pub use agents::{AgentAt, AgentRow, AgentsSeen, SeenAgent};
pub use audit::{AuditRow, Author};
pub use budgets::BudgetRow;
pub use calls::{
    AwaitingCall, CallFilter, CallKey, CallRow, ChangedCall, ChangedCalls, ChangedError, HeldCall,
    KnownCall, NewCall, Numbers, Of, OfAccount, Part, Place, PlacedCall, Slice, WithNumbers, parts,
};
pub use changes::{AssignmentRow, MoveRow, MovedCall, Replacement};
pub use contacts::{
    Arrival, CallOfContact, CallerRow, ContactRow, ContactUse, IdOwner, LinkedCall, NewCaller,
    NewContact, NewExternalId, NewPhone, PhoneOwner,
};
pub use db::{Engine, Store, Tx, without_password};
pub use dictionaries::Dictionary;
pub use error::StoreError;
pub use health::HealthRow;
pub use idempotency::{KeptAnswer, KeyTaken};
pub use in_force::{AssignmentInForce, RuleInForce};
pub use jobs::{AskedJob, JobEnd, JobRow, NewJob, OpenJob};
pub use legs::{LegRow, NewAliases, SpanCall};
pub use observations::{Held, NewObservation, Observation};
pub use probes::ProbeRow;
pub use rules::RuleRow;
pub use runs::{
    LogLine, NewPage, NewSkip, PageRow, RunEnd, RunProgress, RunRow, RunsOfDay, SkipRow,
};
pub use schedules::{DueSending, NewSchedule, ScheduleRow, SendingRow, Sent};
pub use scope::Scope;
pub use set_aside::{NewSetAside, SetAsideRow};
pub use set_ups::{ChangedSetUp, NewSetUp, SetUpRow};
pub use sources::SourceRow;
pub use statements::{CallToState, ComparisonRow, NewStatement, StatementRow};
pub use tokens::{NewToken, TokenRow};
pub use totals::{Totals, WaitingGroup};
pub use users::{
    GrantRow, IdentityRow, NewPassword, NewSession, NewUser, SessionRow, SessionUser, UserRow,
};
pub use volumes::VolumeRow;
pub use work::{Claim, Lease};
