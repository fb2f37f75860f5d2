//! The outside world, faked from the providers' documentation.
//!
//! Nothing here knows how our own clients work: what a simulator does is written from what its
//! provider publishes, and where the provider is silent there is a switch for every belief.
//! A simulator is a real HTTP server on a loopback port, used in tests, benchmarks and the demo.
//!
//! - [`world`]: the seeded truth, with everything it hid from whoever asks.
//! - [`faults`]: what goes wrong, when, as values.
//! - [`simulated`]: what all of them have in common for whoever sets one up.
//! - [`mod@switches`]: every belief about a provider that can be turned round, by name.
//! - [`server`]: one HTTP server with a request journal, shared by all providers.
//! - [`elevenlabs`]: ElevenLabs conversations, agents and batch calls.
//! - [`highlevel`]: what the two simulated parts of HighLevel share.
//! - [`highlevel_conversations`]: HighLevel Conversations: every call as a message.
//! - [`highlevel_voice_ai`]: HighLevel Voice AI call logs, agents, location and OAuth.
//! - [`letterbox`]: where what we tell others arrives, as posted JSON and as mail.
//! - [`twilio`]: Twilio's call list, calls by SID, account list and Insights.
//! - [`vicidial`]: a ViciDial cluster's database, and its Non-Agent API.
//! - [`teli`]: Teli's voice call history, its export and its agents.

pub mod elevenlabs;
pub mod faults;
pub mod highlevel;
pub mod highlevel_conversations;
pub mod highlevel_voice_ai;
pub mod letterbox;
pub mod server;
pub mod simulated;
pub mod switches;
pub mod teli;
pub mod twilio;
pub mod vicidial;
pub mod world;

pub use faults::{Fault, On, Times, What};
pub use simulated::{Options, PROVIDERS, Simulated, Truth, start};
pub use switches::switches;
pub use world::{Call, NewCall, TrueCall, Visibility, World, WorldSettings};

/// The simulator's clock, in unix milliseconds. Injected; tests move it by hand.
pub type Clock = std::sync::Arc<dyn Fn() -> i64 + Send + Sync>;

#[cfg(test)]
mod probe;
