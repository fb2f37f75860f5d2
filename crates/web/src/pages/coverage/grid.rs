//! A source's days as a calendar: a week is a column, a day a square.

use domain::{Day, Proof, Standing};

use crate::figures::{clock, day, span};
use crate::list::encoded;

/// One source's calendar.
pub struct Grid {
    /// The source.
    pub name: String,
    /// How much of what is wanted is proved.
    pub share: String,
    /// How late its calls are listed.
    pub late: Option<String>,
    /// Its days.
    pub cells: Vec<Square>,
    /// How wide the picture is.
    pub width: i64,
}

/// One day.
pub struct Square {
    /// Where it is, in pixels.
    pub x: i64,
    /// Where it is, in pixels.
    pub y: i64,
    /// Its colour.
    pub class: &'static str,
    /// What it says.
    pub title: String,
    /// Where its hours are.
    pub href: String,
}

/// What each colour means.
pub const LEGEND: [(&str, &str); 6] = [
    ("day-none", "not read"),
    ("day-unproven", "unproven, unreachable or in part"),
    ("day-listed", "listed"),
    ("day-settled", "settled"),
    ("day-compared", "compared"),
    ("day-outside", "not wanted"),
];

const STEP: i64 = 18;
const DAY_MS: i64 = 86_400_000;

impl Grid {
    /// Draws the days, which follow each other.
    pub fn of(name: String, days: &[Day], share: String, late: Option<String>) -> Self {
        let number = |day: &Day| day.window.from().as_millis().div_euclid(DAY_MS);
        // 1 January 1970 was a Thursday; weeks begin on Mondays.
        let week = |day: &Day| (number(day) + 3).div_euclid(7);
        let first = days.first().map_or(0, week);
        let square = |it: &Day| Square {
            x: (week(it) - first) * STEP,
            y: (number(it) + 3).rem_euclid(7) * STEP,
            class: class(it.standing()),
            title: title(it),
            href: format!("/coverage/{}/{}", encoded(&name), date(it)),
        };
        let cells: Vec<Square> = days.iter().map(square).collect();
        let width = cells.iter().map(|cell| cell.x + STEP).max().unwrap_or(STEP);
        Self { name, share, late, cells, width }
    }
}

/// The colour of a proof in lists.
pub const fn class_of(proof: Proof) -> &'static str {
    match proof {
        Proof::Unread | Proof::Unreachable => "failed",
        Proof::PossiblyTruncated => "partial",
        Proof::Listed | Proof::Settled | Proof::Compared => "success",
    }
}

const fn class(standing: Standing) -> &'static str {
    match standing {
        Standing::NotWanted => "day-outside",
        Standing::Whole(Proof::Unread) => "day-none",
        Standing::Partly(_) | Standing::Whole(Proof::Unreachable | Proof::PossiblyTruncated) => {
            "day-unproven"
        }
        Standing::Whole(Proof::Listed) => "day-listed",
        Standing::Whole(Proof::Settled) => "day-settled",
        Standing::Whole(Proof::Compared) => "day-compared",
    }
}

fn date(it: &Day) -> String {
    it.window.from().to_string().chars().take("2026-03-01".len()).collect()
}

fn title(it: &Day) -> String {
    let mut title = match it.standing() {
        Standing::NotWanted => format!("{}: not wanted", day(it.window.from())),
        Standing::Whole(proof) => format!("{}: {}", day(it.window.from()), proof.title()),
        Standing::Partly(proved) => {
            format!("{}: proved for {} only", day(it.window.from()), span(proved))
        }
    };
    if it.is_empty() {
        title.push_str(", and holds no call");
    }
    if let Some(wanted) = it.wanted.filter(|_| it.is_open()) {
        title.extend([", up to ", &clock(wanted.to()), " UTC"]);
    }
    if !it.due.is_zero() {
        title.extend([", of which ", &span(it.due), " are to be read again"]);
    }
    title
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, Window};

    use super::*;

    #[test]
    fn a_week_is_a_column_that_begins_on_monday() {
        let day = |text: &str| {
            let from = Timestamp::parse_human(text).expect("the test names a day");
            let window = Window::new(from, from + std::time::Duration::from_hours(24));
            let window = window.expect("a day is no moment");
            Day { window, wanted: None, spans: Vec::new(), due: std::time::Duration::ZERO }
        };
        // 1 November 2026 is a Sunday.
        let days = [day("2026-10-31"), day("2026-11-01"), day("2026-11-02")];
        let grid = Grid::of("a b".to_owned(), &days, String::new(), None);
        let places: Vec<(i64, i64)> = grid.cells.iter().map(|it| (it.x, it.y)).collect();
        assert_eq!(places, [(0, 5 * STEP), (0, 6 * STEP), (STEP, 0)]);
        assert_eq!(grid.cells[1].href, "/coverage/a%20b/2026-11-01");
        assert_eq!(grid.cells[1].title, "1 Nov 2026: not wanted");
    }
}
