//! What this provider promises, asked of its rules. What it promises about a database is asked in
//! the engine's scenarios, against the simulated cluster.

mod api;
mod ledger;
mod pace;
mod records;
mod seen;
mod settings;
mod written;
mod zone;

use std::time::Duration;

use domain::Timestamp;

use super::rows::Row;
use super::zone::Zone;

const SKEW: Duration = Duration::from_mins(1);

fn new_york() -> Zone {
    Zone::read("EST5EDT,M3.2.0,M11.1.0").unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn row(columns: &[(&str, &str)]) -> Row {
    let names = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let values = columns.iter().map(|(_, text)| Some(text.as_bytes().to_vec())).collect();
    Row::new(names, values)
}
