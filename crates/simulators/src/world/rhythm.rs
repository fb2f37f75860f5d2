//! When calls come in: office hours of the business's zone, fewer at night and on weekends.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

const HOUR_MS: i64 = 3_600_000;

/// How busy each local hour of a weekday is, midnight first.
const WEEKDAY: [u32; 24] =
    [2, 1, 1, 1, 1, 2, 5, 14, 38, 62, 70, 66, 52, 58, 68, 64, 55, 38, 22, 14, 9, 7, 5, 3];

/// Hours of a span, each with its weight added to all earlier ones.
pub(super) struct Rhythm {
    from: i64,
    to: i64,
    cumulative: Vec<u64>,
}

impl Rhythm {
    /// The rhythm of `days` days before `end`.
    pub(super) fn over(days: u32, end: i64, zone: &TimeZone) -> Self {
        let from = end - i64::from(days.max(1)) * 24 * HOUR_MS;
        let mut sum = 0;
        let cumulative = (0..i64::from(days.max(1)) * 24)
            .map(|hour| {
                sum += u64::from(weight(from + hour * HOUR_MS, zone));
                sum
            })
            .collect();
        Self { from, to: end, cumulative }
    }

    /// An instant, more likely in a busy hour.
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> i64 {
        let total = self.cumulative.last().copied().unwrap_or(1);
        let wanted = rng.random_range(0..total);
        let hour = self.cumulative.partition_point(|&sum| sum <= wanted) as i64;
        let instant = self.from + hour * HOUR_MS + rng.random_range(0..HOUR_MS);
        instant.min(self.to - 1)
    }
}

fn weight(hour: i64, zone: &TimeZone) -> u32 {
    let Ok(instant) = Timestamp::from_millisecond(hour) else {
        return 1;
    };
    let local = zone.to_datetime(instant);
    let weekday = WEEKDAY[usize::try_from(local.hour()).unwrap_or(0)] * 4;
    match local.weekday().to_monday_zero_offset() {
        5 => weekday / 3 + 1,
        6 => weekday / 6 + 1,
        0 => weekday + weekday / 5,
        _ => weekday,
    }
}
