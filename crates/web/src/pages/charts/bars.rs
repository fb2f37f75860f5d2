//! Bars: one a day or an hour, of one colour or several.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Timestamp;

use crate::figures::{Count, brief, day, share};

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
    /// Where a line stands that is to be reached, from above.
    pub goal: Option<String>,
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

    /// Hours of the day in UTC, each by status in this order.
    pub fn of_hours(by_hour: &[BTreeMap<String, u64>; 24], order: &[&str]) -> Self {
        let bars = by_hour.iter().enumerate().map(|(hour, calls)| {
            let parts = order.iter().map(|status| calls.get(*status).copied().unwrap_or(0));
            (format!("{hour}:00 UTC"), hour.to_string(), parts.collect())
        });
        Self::of(bars.collect())
    }

    /// Some kinds, each with how many.
    pub fn of_kinds(kinds: impl IntoIterator<Item = (String, u64)>) -> Self {
        Self::of(kinds.into_iter().map(|(name, n)| (name.clone(), name, vec![n])).collect())
    }

    /// Days, each with how many percent came to a good end, below a line that is to be reached. A day
    /// of which nothing is known has no bar.
    pub fn of_shares(
        first: Timestamp,
        count: u32,
        by_day: &BTreeMap<i64, (u64, u64)>,
        goal: u64,
    ) -> Self {
        let days = (0..count).map(|nth| first + Duration::from_hours(24) * nth);
        let (good, all) = by_day
            .values()
            .fold((0, 0), |(good, all), (some_good, some)| (good + some_good, all + some));
        let bar = |(at, when): (usize, Timestamp)| {
            let known = by_day.get(&when.as_millis()).copied().filter(|(_, all)| *all > 0);
            let height = known.map(|(good, all)| good as f64 * HIGH / all as f64);
            let piece = height.map(|height| Piece {
                class: if height * 100.0 < goal as f64 * HIGH { "c1" } else { "c0" },
                y: format!("{:.1}", HIGH - height),
                height: format!("{height:.1}"),
            });
            let told = known.map_or_else(
                || "no run".to_owned(),
                |(good, all)| format!("{}, {} of {}", share(good, all), Count(good), Count(all)),
            );
            Bar {
                x: at * STEP,
                title: format!("{}: {told}", day(when)),
                name: brief(when).split(' ').next().unwrap_or_default().to_owned(),
                pieces: piece.into_iter().collect(),
            }
        };
        Self {
            each: days.enumerate().map(bar).collect(),
            width: count as usize * STEP,
            largest: Count(100),
            sentence: format!("{} of {} runs came to a good end", Count(good), Count(all)),
            goal: Some(format!("{:.1}", HIGH - goal as f64 * HIGH / 100.0)),
        }
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
        Self { each: bars, width, largest: Count(largest), sentence, goal: None }
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
        let bars = Bars::of_hours(&Default::default(), &["completed"]);
        assert!(bars.each.iter().all(|bar| bar.pieces.is_empty()));
        assert_eq!(bars.sentence, "0 in all, at most 0 in one bar");
    }

    #[test]
    fn a_share_is_measured_by_the_whole_and_a_day_without_runs_has_none() {
        let first = Timestamp::from_millis(0);
        let by_day = BTreeMap::from([(0, (19, 20)), (86_400_000, (1, 2))]);
        let bars = Bars::of_shares(first, 3, &by_day, 95);
        let told: Vec<Option<(&str, &str)>> = bars
            .each
            .iter()
            .map(|bar| bar.pieces.first().map(|it| (it.class, it.height.as_str())))
            .collect();
        assert_eq!(told, [Some(("c0", "114.0")), Some(("c1", "60.0")), None]);
        assert_eq!(bars.goal.as_deref(), Some("6.0"));
        assert_eq!(bars.each[2].title, "3 Jan 1970: no run");
        assert_eq!(bars.sentence, "20 of 22 runs came to a good end");
    }
}
