//! The table that people read: one line per engine, size and scenario.

use std::time::Duration;

use super::measure::Cost;

const HEADER: [&str; 9] = [
    "engine",
    "calls",
    "scenario",
    "calls/s (best)",
    "seconds",
    "CPU s",
    "peak MB",
    "× floor",
    "requests/s",
];

/// One scenario in one engine at one size: the same thing measured several times.
pub struct Line {
    /// The database, or `–`.
    pub engine: &'static str,
    /// How many calls the scenario is about.
    pub calls: u64,
    /// What was run.
    pub scenario: &'static str,
    /// What each run took.
    pub costs: Vec<Cost>,
    /// The least it could take, where there is such a thing.
    pub floor: Option<Duration>,
    /// How many requests each run made, where it makes any.
    pub pages: Option<u64>,
    /// How many requests a second the allowed concurrency and the latency leave room for.
    pub requests_allowed: Option<f64>,
}

impl Line {
    /// The middle run by time; of an even number, the slower of the two in the middle.
    pub fn median(&self) -> Cost {
        let mut costs = self.costs.clone();
        costs.sort_by_key(|cost| cost.wall);
        costs[costs.len() / 2]
    }

    fn best(&self) -> Duration {
        let walls = self.costs.iter().map(|cost| cost.wall);
        walls.min().unwrap_or_default()
    }

    fn peak_bytes(&self) -> u64 {
        let peaks = self.costs.iter().map(|cost| cost.peak_bytes);
        peaks.max().unwrap_or_default()
    }

    fn cells(&self) -> Vec<String> {
        let median = self.median();
        let per_second = |count: u64, wall: Duration| count as f64 / wall.as_secs_f64().max(0.001);
        let speed = per_second(self.calls, median.wall);
        let best = per_second(self.calls, self.best());
        let over_floor =
            self.floor.map(|floor| median.wall.as_secs_f64() / floor.as_secs_f64().max(0.001));
        let requests = self.pages.map(|pages| {
            let reached = per_second(pages, median.wall);
            match self.requests_allowed {
                Some(allowed) => {
                    format!("{reached:.0} of {allowed:.0} ({:.0}%)", 100.0 * reached / allowed)
                }
                None => format!("{reached:.0}"),
            }
        });
        vec![
            self.engine.to_owned(),
            self.calls.to_string(),
            self.scenario.to_owned(),
            format!("{speed:.0} ({best:.0})"),
            format!("{:.2}", median.wall.as_secs_f64()),
            format!("{:.2}", median.cpu.as_secs_f64()),
            (self.peak_bytes() / 1_000_000).to_string(),
            over_floor.map_or_else(nothing, |times| format!("{times:.2}")),
            requests.unwrap_or_else(nothing),
        ]
    }
}

/// The table with aligned columns.
pub fn table(lines: &[Line]) -> String {
    draw_table(&HEADER, lines.iter().map(Line::cells).collect())
}

/// Any table in Markdown, its columns aligned.
pub fn draw_table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut drawn: Vec<String> = rows.iter().map(|row| draw(row, &widths)).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    drawn.insert(1, draw(&rule, &widths));
    drawn.join("\n")
}

fn draw(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths);
    let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
    format!("| {} |", cells.join(" | "))
}

fn nothing() -> String {
    "–".to_owned()
}
