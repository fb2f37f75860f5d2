//! What this is: its version, what it promises, and under which licence.

use axum::extract::State;
use axum::response::Response;
use domain::access::Area;

use super::PageRoute;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, List, Table};
use crate::zone::Zone;

const PATH: &str = "/about";
const PROMISES: &str = include_str!("../../../../../docs/guarantees.md");

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, Area::Accounts, show)]
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
) -> Result<Response, Failure> {
    let columns = [Column::wide("What is promised"), Column::wide("The test that shows it")];
    let row =
        |(promise, test): (&str, &str)| vec![Cell::Text(plain(promise)), Cell::Code(plain(test))];
    let table = Table::new(columns, "").with(promises(), row);
    let lead = format!(
        "Everycall {}, under MIT or Apache-2.0. Each promise below stands beside the test that shows it; \
         the build fails where one has none.",
        env!("CARGO_PKG_VERSION")
    );
    let frame = Frame::new(&state, &guest, "About", PATH).zone(&zone);
    List::new(frame, lead, table).show()
}

/// The rows of the tables of promises.
fn promises() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = PROMISES.lines().filter(|line| line.starts_with('|') && line.contains('`'));
    rows.filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        Some((cells.next()?, cells.next()?))
    })
}

fn plain(markdown: &str) -> String {
    markdown.replace(['`', '*'], "")
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_promise_is_shown_with_its_test() {
        let all: Vec<_> = super::promises().collect();
        assert!(all.len() > 20, "{}", all.len());
        assert!(all.iter().all(|(promise, test)| !promise.is_empty() && test.contains('`')));
    }
}
