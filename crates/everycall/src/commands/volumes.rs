//! `everycall volumes`: how many calls there were, by day, campaign and status.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};
use domain::{Timestamp, Window};
use serde_json::json;
use store::{Scope, VolumeRow};

use super::site::Site;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table, count, instant};

/// The most days one look counts: every call of them is read.
const DAYS_MAX: u32 = 366;

const DAY: Duration = Duration::from_hours(24);

/// What a call without a campaign is counted under.
const NO_CAMPAIGN: &str = "(none)";

/// Count stored calls by day and status, or by day and campaign
///
/// Days are those of UTC. Every stored call counts, wherever it is placed. Whether a day without
/// calls was looked at, `everycall coverage` says.
#[derive(Debug, Args)]
pub struct Volumes {
    /// Of this source only
    source: Option<String>,
    /// Of how many days, today included
    #[arg(long, default_value_t = 14, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    days: u32,
    /// What makes the columns
    #[arg(long, value_enum, default_value = "status")]
    by: By,
    /// Print one JSON object per day, campaign and status
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Status,
    Campaign,
}

/// Columns beside the sum; smaller ones are summed up as others.
const COLUMNS: usize = 8;

/// Counts them.
pub async fn run(site: &Site, arguments: Volumes) -> Result<Exit> {
    let desk = site.look_at(arguments.now).await?;
    let today = desk.ctx.now().floor_to(DAY);
    let span = Window::new(today - DAY * (arguments.days - 1), today + DAY)
        .map_err(|error| Mistake::new(error.to_string(), "Choose fewer days"))?;
    let style = Style::of_stdout();
    for (at, source) in
        desk.known_or_all(arguments.source.as_deref()).await?.into_iter().enumerate()
    {
        let rows = desk.ctx.store.volumes_by_day(Scope::Operator, source.id, span).await?;
        if arguments.json {
            let row = |row: &VolumeRow| {
                json!({
                    "source": source.name, "day": day(row.day), "campaign": row.campaign,
                    "status": row.status, "calls": row.calls,
                })
            };
            output::print_json_lines(rows.iter().map(row))?;
            continue;
        }
        if at > 0 {
            output::print("")?;
        }
        output::print(&format!("{}\n", style.bold(&source.name)))?;
        output::print(&table(&rows, arguments.by, span))?;
    }
    Ok(Exit::Done)
}

/// A row for each day of the span, newest first, also for those without calls.
fn table(rows: &[VolumeRow], by: By, span: Window) -> String {
    let key = |row: &VolumeRow| match by {
        By::Status => row.status.clone(),
        By::Campaign => row.campaign.clone().unwrap_or_else(|| NO_CAMPAIGN.to_owned()),
    };
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut cells: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for row in rows {
        *sums.entry(key(row)).or_default() += row.calls;
        *cells.entry((row.day, key(row))).or_default() += row.calls;
    }
    let mut names: Vec<(String, i64)> = sums.into_iter().collect();
    names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let others = names.split_off(names.len().min(COLUMNS));
    let mut columns = vec!["day (UTC)".to_owned(), ">calls".to_owned()];
    columns.extend(names.iter().map(|(name, _)| format!(">{name}")));
    if !others.is_empty() {
        columns.push(format!(">{} others", others.len()));
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new(&columns);
    let mut add = |name: String, of: &dyn Fn(&str) -> i64| {
        let numbers: Vec<i64> = names.iter().map(|(name, _)| of(name)).collect();
        let rest: i64 = others.iter().map(|(name, _)| of(name)).sum();
        let all = numbers.iter().sum::<i64>() + rest;
        let mut cells = vec![name, count(all)];
        cells.extend(numbers.into_iter().map(count));
        if !others.is_empty() {
            cells.push(count(rest));
        }
        table.row(cells);
    };
    let mut at = span.to() - DAY;
    while at >= span.from() {
        let millis = at.as_millis();
        let of = |name: &str| cells.get(&(millis, name.to_owned())).copied().unwrap_or(0);
        add(day(millis), &of);
        at = at - DAY;
    }
    let of = |wanted: &str| {
        names.iter().chain(&others).find(|(name, _)| name == wanted).map_or(0, |(_, sum)| *sum)
    };
    add("all".to_owned(), &of);
    table.text()
}

fn day(millis: i64) -> String {
    instant(millis).chars().take("2026-03-01".len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn row(day: i64, campaign: Option<&str>, status: &str, calls: i64) -> VolumeRow {
        let campaign = campaign.map(str::to_owned);
        VolumeRow { day: day * DAY_MS, campaign, status: status.to_owned(), calls }
    }

    fn check(by: By, expected: &str) {
        let rows = [
            row(1, Some("spring"), "completed", 1200),
            row(1, None, "completed", 4),
            row(1, Some("spring"), "busy", 7),
            row(3, None, "busy", 2),
        ];
        let at = |day: i64| Timestamp::from_millis(day * DAY_MS);
        let span = Window::new(at(1), at(4)).ok();
        assert_eq!(span.map(|span| table(&rows, by, span)), Some(expected.to_owned()));
    }

    #[test]
    fn every_day_has_a_row_and_the_columns_add_up() {
        check(
            By::Status,
            "day (UTC)   calls  completed  busy
1970-01-04      2          0     2
1970-01-03      0          0     0
1970-01-02  1,211      1,204     7
all         1,213      1,204     9",
        );
        check(
            By::Campaign,
            "day (UTC)   calls  spring  (none)
1970-01-04      2       0       2
1970-01-03      0       0       0
1970-01-02  1,211   1,207       4
all         1,213   1,207       6",
        );
    }
}
