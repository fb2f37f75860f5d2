//! Bars: one a day or an hour, of one colour or several.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;

use crate::figures::{Count, brief, day};

/// A picture of bars.
pub struct Bars {
    /// Each of them.
    pub each: Vec<Bar>,
    /// How wide it is.
    pub width: usize,
    /// The largest of them, said above.
    pub largest: Count,
    /// All of it in a sentence.
    pub sentence: String,
}

/// One bar.
pub struct Bar {
    /// Where it begins.
    pub x: usize,
    /// What it says.
    pub title: String,
    /// Its name below.
    pub name: String,
    /// Its pieces, from the bottom up.
    pub pieces: Vec<Piece>,
}

/// One piece of a bar.
pub struct Piece {
    /// Its colour.
    pub class: &'static str,
    /// Where it begins, from above.
    pub y: String,
    /// How high it is.
    pub height: String,
}

/// How high the highest bar is.
pub const HIGH: f64 = 120.0;
const STEP: usize = 24;

/// The colour of the nth status.
pub const fn colour(nth: usize) -> &'static str {
    ["c0", "c1", "c2", "c3", "c4"][if nth < 4 { nth } else { 4 }]
}

impl Bars {
    /// Days, each by status in this order.
    pub fn of_days(
        first: Timestamp,
        count: u32,
        by_day: &BTreeMap<i64, BTreeMap<String, u64>>,
        order: &[&str],
    ) -> Self {
        let days = (0..count).map(|nth| first + Duration::from_hours(24) * nth);
        let bars = days.map(|at| {
            let calls = by_day.get(&at.as_millis());
            let parts: Vec<u64> = order
                .iter()
                .map(|status| calls.and_then(|it| it.get(*status)).copied().unwrap_or(0))
                .collect();
            let name = brief(at).split(' ').next().unwrap_or_default().to_owned();
            (day(at), name, parts)
        });
        Self::of(bars.collect())
    }

    /// Hours of the day in UTC.
    pub fn of_hours(hours: &[u64; 24]) -> Self {
        let bars = hours.iter().enumerate();
        Self::of(
            bars.map(|(hour, n)| (format!("{hour}:00 UTC"), hour.to_string(), vec![*n])).collect(),
        )
    }

    fn of(bars: Vec<(String, String, Vec<u64>)>) -> Self {
        let sum = |parts: &[u64]| parts.iter().sum::<u64>();
        let largest = bars.iter().map(|(.., parts)| sum(parts)).max().unwrap_or(0);
        let all: u64 = bars.iter().map(|(.., parts)| sum(parts)).sum();
        let scale = HIGH / largest.max(1) as f64;
        let bar = |(at, (title, name, parts)): (usize, (String, String, Vec<u64>))| {
            let mut top = HIGH;
            let piece = |(nth, n): (usize, &u64)| {
                let height = *n as f64 * scale;
                top -= height;
                let (y, height) = (format!("{top:.1}"), format!("{height:.1}"));
                Piece { class: colour(nth), y, height }
            };
            let title = format!("{title}: {}", Count(sum(&parts)).of_things("call", "calls"));
            let pieces = parts.iter().enumerate().filter(|(_, n)| **n > 0).map(piece).collect();
            Bar { x: at * STEP, title, name, pieces }
        };
        let width = bars.len() * STEP;
        let sentence = format!("{} in all, at most {} in one bar", Count(all), Count(largest));
        let bars = bars.into_iter().enumerate().map(bar).collect();
        Self { each: bars, width, largest: Count(largest), sentence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_picture_and_pieces_stand_on_each_other() {
        let bars = Bars::of(vec![
            ("a".to_owned(), "a".to_owned(), vec![30, 0, 10]),
            ("b".to_owned(), "b".to_owned(), vec![0, 20, 0]),
        ]);
        let told: Vec<(&str, &str, &str)> = bars.each[0]
            .pieces
            .iter()
            .map(|it| (it.class, it.y.as_str(), it.height.as_str()))
            .collect();
        assert_eq!(told, [("c0", "30.0", "90.0"), ("c2", "0.0", "30.0")]);
        assert_eq!(bars.each[1].pieces[0].height, "60.0");
        assert_eq!(bars.each[0].title, "a: 40 calls");
        assert_eq!((bars.width, bars.largest), (48, Count(40)));
    }

    #[test]
    fn nothing_has_no_bars_and_no_division_by_it() {
        let bars = Bars::of_hours(&[0; 24]);
        assert!(bars.each.iter().all(|bar| bar.pieces.is_empty()));
        assert_eq!(bars.sentence, "0 in all, at most 0 in one bar");
    }
}
