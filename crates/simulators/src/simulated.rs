//! What every simulated provider has in common: how it is configured, what is true, what goes wrong.

use std::io;
use std::sync::Arc;

use crate::faults::{BadRecord, On, What};
use crate::server::RequestSeen;
use crate::{
    Clock, Fault, World, elevenlabs, highlevel_conversations, highlevel_voice_ai, teli, twilio,
    vicidial,
};

/// A running simulated provider; dropping it stops it.
///
/// The conformance suite, the demo and `everycall simulate` know providers only by this.
pub trait Simulated: Send + Sync {
    /// The provider's name in configurations, such as `highlevel_voice_ai`.
    fn provider(&self) -> &'static str;

    /// The provider's own keys of a `[[sources]]` block that lead here, as TOML values.
    fn configuration(&self) -> Vec<(&'static str, String)>;

    /// The secrets that open its door, by the stem of their key: `token` is configured as
    /// `token_env` or `token_file`.
    fn secrets(&self) -> Vec<(&'static str, String)>;

    /// The records the provider shows now, by every way it has of showing them.
    fn truth(&self) -> Vec<Truth>;

    /// A call begins at this instant, in unix milliseconds, and is on the provider's records from
    /// now on, however long ago it was. Answers the id the provider gives it.
    fn add(&self, at: i64) -> String;

    /// Something about a call changes that its record shows. False when there is no such call.
    fn change(&self, id: &str) -> bool;

    /// A call is deleted at the provider. False when there is no such call.
    fn remove(&self, id: &str) -> bool;

    /// A deleted call is back, under the id it had. False when there is no such call.
    fn restore(&self, id: &str) -> bool;

    /// From now on this goes wrong.
    fn strike(&self, fault: Fault);

    /// From now on the record of this call is spoiled wherever it is shown; `None` heals it. False
    /// when this provider cannot show this call so.
    fn spoil(&self, id: &str, how: Option<BadRecord>) -> bool;

    /// The next lists, as many, break off in the middle.
    fn break_off(&self, times: usize) {
        self.strike(On::path(self.list_path()).times(times).gives(What::HalfBody));
    }

    /// From now on nobody is answered, until [`Simulated::calm_down`].
    fn go_away(&self) {
        self.strike(On::path("").forever().gives(What::Html(503)));
    }

    /// Whatever was wrong with requests is over. A spoiled record stays spoiled.
    fn calm_down(&self);

    /// From now on lists show calls that lie outside of the span asked for.
    fn ignore_ranges(&self) {
        let deaf = What::DeafTo(self.range_keys());
        self.strike(On::path(self.list_path()).forever().gives(deaf));
    }

    /// The keys of a request that say which span of time a list is asked for.
    /// Empty for a provider that is not asked over HTTP.
    fn range_keys(&self) -> &'static [&'static str];

    /// What the path of every request for a list of calls contains; faults on lists name it.
    /// Empty for a provider that is not asked over HTTP.
    fn list_path(&self) -> &'static str;

    /// The last requests, oldest first; empty for a provider that is not asked over HTTP.
    fn requests(&self) -> Vec<RequestSeen>;
}

/// How any simulated provider may be set up; what is its own has switches in its own settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The loopback port; 0 for any.
    pub port: u16,
    /// Milliseconds before every answer.
    pub latency_ms: u64,
    /// Answer as often as asked, where the real provider would ask to slow down.
    pub is_unlimited: bool,
    /// How far the `date` of its answers runs ahead of its clock, in milliseconds.
    pub clock_skew_ms: i64,
    /// Rows of lists bring all that any deployment was seen to bring, where deployments differ.
    pub has_rich_rows: bool,
    /// One belief about the provider turned round, by its name in [`crate::switches()`].
    pub switch: Option<&'static str>,
}

/// The providers that can be simulated.
pub const PROVIDERS: &[&str] =
    &["highlevel_voice_ai", "highlevel_conversations", "teli", "vicidial", "twilio", "elevenlabs"];

/// Starts a simulated provider by its name, showing the calls of this world.
pub async fn start(
    provider: &str,
    world: World,
    options: Options,
    clock: Clock,
) -> io::Result<Box<dyn Simulated>> {
    match provider {
        "elevenlabs" => Ok(Box::new(elevenlabs::start(world, options, clock).await?)),
        "highlevel_voice_ai" => {
            Ok(Box::new(highlevel_voice_ai::start(world, options, clock).await?))
        }
        "teli" => Ok(Box::new(teli::start(world, options, clock).await?)),
        "twilio" => Ok(Box::new(twilio::start(world, options, clock).await?)),
        "highlevel_conversations" => {
            Ok(Box::new(highlevel_conversations::start(world, options, clock).await?))
        }
        "vicidial" => Ok(Box::new(vicidial::start(world, options, clock).await?)),
        unknown => Err(io::Error::other(format!("there is no simulated provider `{unknown}`"))),
    }
}

/// One record as the provider shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// The provider's id of the call.
    pub id: String,
    /// When it was, in unix milliseconds, by the time the provider lists it by.
    pub occurred_at: i64,
    /// How long it lasted, in seconds, where the provider says.
    pub duration: Option<u32>,
    /// The provider's id of its agent, where the provider says.
    pub agent_id: Option<String>,
}

/// A text as a TOML value.
pub fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Several may hold one: a test that plants things, and whoever else needs it.
impl<T: Simulated + ?Sized> Simulated for Arc<T> {
    fn provider(&self) -> &'static str {
        (**self).provider()
    }

    fn configuration(&self) -> Vec<(&'static str, String)> {
        (**self).configuration()
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        (**self).secrets()
    }

    fn truth(&self) -> Vec<Truth> {
        (**self).truth()
    }

    fn add(&self, at: i64) -> String {
        (**self).add(at)
    }

    fn change(&self, id: &str) -> bool {
        (**self).change(id)
    }

    fn remove(&self, id: &str) -> bool {
        (**self).remove(id)
    }

    fn restore(&self, id: &str) -> bool {
        (**self).restore(id)
    }

    fn strike(&self, fault: Fault) {
        (**self).strike(fault);
    }

    fn spoil(&self, id: &str, how: Option<BadRecord>) -> bool {
        (**self).spoil(id, how)
    }

    fn break_off(&self, times: usize) {
        (**self).break_off(times);
    }

    fn go_away(&self) {
        (**self).go_away();
    }

    fn calm_down(&self) {
        (**self).calm_down();
    }

    fn ignore_ranges(&self) {
        (**self).ignore_ranges();
    }

    fn range_keys(&self) -> &'static [&'static str] {
        (**self).range_keys()
    }

    fn list_path(&self) -> &'static str {
        (**self).list_path()
    }

    fn requests(&self) -> Vec<RequestSeen> {
        (**self).requests()
    }
}
