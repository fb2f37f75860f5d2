//! The rows of `docs/scenarios.md`: each plants one way to lose a call, on both databases, and
//! looks at what came of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod accounts;
mod agents;
mod auto_assigning;
mod bodies;
mod chance;
mod clocks;
mod comparing;
mod contacts;
mod counting;
mod coverage;
mod crashes;
mod disk;
mod dry_run;
mod elevenlabs;
mod gaps;
mod highlevel_conversations;
mod history;
mod importing_places;
mod jobs;
mod keeping;
mod keys;
mod leases;
mod legs;
mod lives;
mod oauth;
mod organisation;
mod paging;
mod parts;
mod patience;
mod placing;
mod placing_by_chance;
mod placing_by_rule;
mod play;
mod records;
mod refusals;
mod refused_rows;
mod scheduling;
mod settling;
mod slow_runs;
mod smoke;
mod stating;
mod teli;
mod totals;
mod twilio;
mod vicidial;
mod vicidial_import;
mod workers;
