//! The one table that says how the providers stand beside each other.

use std::time::Duration;

use super::cases::Case;
use super::database::Engine;
use super::report::draw_table;

const HEADER: [&str; 7] = [
    "provider",
    "engine",
    "calls",
    "calls/s",
    "of Voice AI's",
    "of the allowed concurrency",
    "slowest statement",
];

/// The first load of one provider into one engine: the middle run.
#[derive(Clone, Debug)]
pub struct Stand {
    /// Which provider, and how.
    pub case: Case,
    /// Into which database.
    pub engine: Engine,
    /// How many calls it has.
    pub calls: u64,
    /// How long it took.
    pub wall: Duration,
    /// What the slowest statement in the provider's own database took, in any run.
    pub slowest_statement_ms: Option<u64>,
    /// How much of the allowed concurrency was used, of a provider that takes its time.
    pub used: Option<Used>,
}

/// Requests a second: what there could be at most.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// As many at once as allowed, each taking exactly the latency. No client reaches this.
    pub on_paper: f64,
    /// What a bare client reached that keeps as many in flight and does nothing else.
    pub by_a_bare_client: f64,
}

impl Stand {
    fn calls_per_second(&self) -> f64 {
        self.calls as f64 / self.wall.as_secs_f64().max(0.001)
    }

    fn cells(&self, all: &[Self]) -> Vec<String> {
        let speed = self.calls_per_second();
        let percent = |of: f64| format!("{:.0}%", 100.0 * speed / of);
        let measure = all.iter().find(|other| {
            other.engine == self.engine && other.case.provider == "highlevel_voice_ai"
        });
        let share = measure.filter(|_| !self.case.is_slow).map(Self::calls_per_second).map(percent);
        // Each call is asked for by its id, so there are as many requests as calls, and the lists.
        let used = self.used.map(|used| {
            let (paper, bare) = (percent(used.on_paper), percent(used.by_a_bare_client));
            let Used { on_paper, by_a_bare_client } = used;
            format!("{paper} of {on_paper:.0}/s, {bare} of a bare client's {by_a_bare_client:.0}/s")
        });
        let slowest = self.slowest_statement_ms.map(|millis| format!("{millis} ms"));
        let or_nothing = |cell: Option<String>| cell.unwrap_or_else(|| "–".to_owned());
        vec![
            self.case.name(),
            self.engine.name().to_owned(),
            self.calls.to_string(),
            format!("{speed:.0} ({:.2} s)", self.wall.as_secs_f64()),
            or_nothing(share),
            or_nothing(used),
            or_nothing(slowest),
        ]
    }
}

/// The table with aligned columns.
pub fn table(stands: &[Stand]) -> String {
    draw_table(&HEADER, stands.iter().map(|stand| stand.cells(stands)).collect())
}
