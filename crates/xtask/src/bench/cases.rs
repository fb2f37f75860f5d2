//! What `bench providers` measures: each provider as it is, some also in another way.

use super::simulator;

/// One provider in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// The provider's name.
    pub provider: &'static str,
    /// What is special about it; empty for nothing.
    pub manner: &'static str,
    /// Rows of its lists bring all that any deployment was seen to bring.
    pub has_rich_rows: bool,
    /// Whether the provider takes its time, to see how much of the allowed concurrency is used.
    pub is_slow: bool,
}

const fn usual(provider: &'static str) -> Case {
    Case { provider, manner: "", has_rich_rows: false, is_slow: false }
}

/// All of them; the first is what the others are compared with.
pub const CASES: [Case; 9] = [
    usual("highlevel_voice_ai"),
    usual("highlevel_conversations"),
    Case { manner: "full rows", has_rich_rows: true, ..usual("teli") },
    Case { manner: "asked by id", ..usual("teli") },
    Case { manner: "asked by id", is_slow: true, ..usual("teli") },
    usual("vicidial"),
    usual("twilio"),
    Case { manner: "asked by id", ..usual("elevenlabs") },
    Case { manner: "asked by id", is_slow: true, ..usual("elevenlabs") },
];

impl Case {
    /// How it is called in a report.
    pub fn name(&self) -> String {
        match self.manner {
            "" => self.provider.to_owned(),
            manner => format!("{}, {manner}", self.provider),
        }
    }

    /// The simulator it needs. A slow one has fewer calls, or it would take minutes.
    pub fn world(&self, calls: u64, slow_calls: u64, latency_ms: u32) -> simulator::World<'static> {
        let Self { provider, has_rich_rows, is_slow, .. } = *self;
        let (calls, latency_ms) = if is_slow { (slow_calls, latency_ms) } else { (calls, 0) };
        simulator::World { provider, calls, latency_ms, has_rich_rows, agents: None }
    }
}
