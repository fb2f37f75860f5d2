//! How a window is cut until every piece has fewer calls than an answer can hold. Pure.
//!
//! What one answer proves depends on two beliefs. If the window is compared with the start of a
//! call, and answers come newest first, then a full answer in order holds everything between its
//! first and its last call, and only the rest is asked for: what is older, and what would be newer
//! than its first call, because an answer from the middle of a list is in order, too. Otherwise a
//! full answer proves nothing, and the whole piece is cut. Either way a piece counts only once an
//! answer was not full.

use std::time::Duration;

use domain::{Timestamp, Window};

use super::wire::CallPage;

/// Calls in an answer when Teli has not heard how many were asked for. An answer of exactly so
/// many may be cut short, too.
const UNHEARD_LIMIT: usize = 50;

/// The shortest piece: no time at Teli is finer in a request.
const FLOOR: Duration = Duration::from_millis(1);

/// How often a piece may lose only its newest millisecond before it is left to the export.
const SHAVINGS_MAX: u8 = 8;

/// Pieces of up to this many overlaps are asked for without any.
const OVERLAPS_IN_SHORT: u32 = 8;

/// A part of a window that is asked for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// What is to be proved.
    pub(super) window: Window,
    /// Nothing beside it is asked for, because too much lies there.
    is_tight: bool,
    shavings: u8,
}

impl Piece {
    pub(super) fn of(window: Window) -> Self {
        Self { window, is_tight: false, shavings: 0 }
    }

    /// What is asked for, so that the piece is in it whether or not the ends are inclusive.
    pub(super) fn request(self, overlap: Duration) -> Window {
        if !self.is_tight && self.window.length() > overlap * OVERLAPS_IN_SHORT {
            return self.window.widened(overlap);
        }
        // The end itself is the first instant that is not wanted.
        Window::new(self.window.from() - FLOOR, self.window.to()).unwrap_or(self.window)
    }

    fn tight(window: Window, shavings: u8) -> Self {
        Self { window, is_tight: true, shavings }
    }
}

/// Calls in order, with none left out between the first and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) newest: Timestamp,
    pub(super) oldest: Timestamp,
}

impl Run {
    fn of(starts: &[Timestamp]) -> Option<Self> {
        let (newest, oldest) = (*starts.first()?, *starts.last()?);
        starts.is_sorted_by(|a, b| a >= b).then_some(Self { newest, oldest })
    }
}

/// What an answer says about its piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whether more may lie behind it.
    pub(super) is_full: bool,
    /// What it holds all calls of, if order proves anything.
    pub(super) holds: Option<Run>,
    /// The time its calls span, where they have times.
    pub(super) span: Option<Duration>,
}

impl Seen {
    /// `answer_max`: how many calls an answer can hold. `trusts_order`: whether order proves
    /// anything here.
    pub(super) fn of(page: &CallPage, answer_max: usize, trusts_order: bool) -> Self {
        let rows = page.rows.len();
        let is_full = rows >= answer_max
            || rows == UNHEARD_LIMIT
            || page.count.is_some_and(|count| count > rows as u64);
        let starts: Option<Vec<Timestamp>> = page.rows.iter().map(|row| row.start).collect();
        let run = starts.and_then(|starts| Run::of(&starts));
        let times = || page.rows.iter().filter_map(|row| row.start.or(row.created));
        let span = times().max().zip(times().min()).map(|(newest, oldest)| newest.since(oldest));
        Self { is_full, holds: run.filter(|_| trusts_order), span }
    }
}

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// The piece is proved.
    Proved,
    /// These remain to be asked for, newest first.
    Cut(Vec<Piece>),
    /// The list cannot tell: too much lies in too little time.
    Floor,
}

/// Decides what follows. `room` is how many pieces would keep every request slot busy: how many
/// calls the answer has in how much time tells how many of them are worth having.
pub(super) fn next(piece: Piece, seen: Seen, room: usize) -> Next {
    let window = piece.window;
    match seen.holds {
        _ if !seen.is_full => Next::Proved,
        // Nothing is cut off the piece's newest instant.
        Some(run) if run.oldest + FLOOR >= window.to() => shaved(piece, run.oldest),
        // All of the answer lies beside the piece, or where that begins.
        Some(run) if run.newest <= window.from() && !piece.is_tight => {
            Next::Cut(vec![Piece::tight(window, piece.shavings)])
        }
        Some(run) => match [newer(piece, run), older(window, run, seen.span, room)].concat() {
            pieces if pieces.is_empty() => Next::Proved,
            pieces => Next::Cut(pieces),
        },
        None if window.length() <= FLOOR => Next::Floor,
        None => Next::Cut(even(window, seen.span, 2, room)),
    }
}

/// What lies between the newest call of an answer and the end of its piece. Where the answer begins
/// with the call its piece shares with the one before, that is nothing, and costs nothing.
fn newer(piece: Piece, run: Run) -> Vec<Piece> {
    let window = piece.window;
    if run.newest <= window.from() || run.newest + FLOOR >= window.to() {
        return Vec::new();
    }
    let rest = Window::new(run.newest, window.to()).into_iter();
    rest.map(|window| Piece { is_tight: piece.is_tight, ..Piece::of(window) }).collect()
}

/// What lies before the oldest call of an answer. At that instant itself some may be missing, so
/// the rest begins with it.
fn older(window: Window, run: Run, span: Option<Duration>, room: usize) -> Vec<Piece> {
    if run.oldest < window.from() {
        return Vec::new();
    }
    let rest = Window::new(window.from(), run.oldest + FLOOR).into_iter();
    rest.flat_map(|rest| even(rest, span, 1, room)).collect()
}

/// The answer is filled by the newest instant of the piece, or by what is newer still.
fn shaved(piece: Piece, oldest: Timestamp) -> Next {
    let window = piece.window;
    if window.length() <= FLOOR || piece.shavings >= SHAVINGS_MAX {
        return Next::Floor;
    }
    if oldest >= window.to() && !piece.is_tight {
        return Next::Cut(vec![Piece::tight(window, piece.shavings)]);
    }
    let last = window.to() - FLOOR;
    let halves = [Window::new(last, window.to()), Window::new(window.from(), last)];
    let pieces = halves.into_iter().flatten();
    Next::Cut(pieces.map(|window| Piece::tight(window, piece.shavings + 1)).collect())
}

fn even(window: Window, span: Option<Duration>, least: usize, room: usize) -> Vec<Piece> {
    let span = span.unwrap_or(window.length()).max(FLOOR);
    // Pieces of three quarters of an answer: most then prove themselves at once.
    let parts = window.length().as_nanos() * 4 / (span.as_nanos() * 3);
    let parts = usize::try_from(parts).unwrap_or(room).clamp(least, room.max(least));
    let parts = u32::try_from(parts).unwrap_or(u32::MAX);
    // Rounded up to whole milliseconds, so that there are not more pieces than parts.
    let millis = window.length().as_millis().div_ceil(u128::from(parts));
    let length = Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX));
    window.pieces_newest_first(length).map(Piece::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(at(from), at(to)).unwrap()
    }

    fn seen(oldest: Option<i64>, span_millis: u64) -> Seen {
        let span = Duration::from_millis(span_millis);
        let run = |oldest| Run { newest: at(oldest) + span, oldest: at(oldest) };
        Seen { is_full: true, holds: oldest.map(run), span: Some(span) }
    }

    fn windows(next: Next) -> Vec<Window> {
        match next {
            Next::Cut(pieces) => pieces.into_iter().map(|piece| piece.window).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_that_is_not_full_proves_its_piece() {
        let seen = Seen { is_full: false, ..seen(None, 5) };
        assert_eq!(next(Piece::of(window(0, 10)), seen, 4), Next::Proved);
    }

    #[test]
    fn in_order_only_the_rest_is_asked_for_and_begins_with_the_oldest_instant() {
        let piece = Piece::of(window(0, 1000));
        assert_eq!(windows(next(piece, seen(Some(700), 300), 1)), [window(0, 701)]);
        let three = [window(467, 701), window(233, 467), window(0, 233)];
        assert_eq!(windows(next(piece, seen(Some(700), 300), 8)), three, "its density says three");
        assert_eq!(next(piece, seen(Some(-1), 1000), 8), Next::Proved);
    }

    #[test]
    fn what_would_be_newer_than_the_answer_is_asked_for_too() {
        let piece = Piece::of(window(0, 1000));
        let both = [window(600, 1000), window(0, 301)];
        assert_eq!(windows(next(piece, seen(Some(300), 300), 1)), both);
        assert_eq!(windows(next(piece, seen(Some(-1), 300), 8)), [window(299, 1000)]);
        let Next::Cut(again) = next(piece, seen(Some(-300), 300), 8) else { panic!() };
        assert_eq!(again, [Piece::tight(piece.window, 0)], "an answer from beside the piece");
        assert_eq!(next(again[0], seen(Some(-1), 0), 8), Next::Proved);
    }

    #[test]
    fn without_order_the_whole_piece_is_cut_in_two_at_least() {
        let piece = Piece::of(window(0, 1000));
        let two = [window(500, 1000), window(0, 500)];
        assert_eq!(windows(next(piece, seen(None, 900), 1)), two);
        assert_eq!(windows(next(piece, seen(None, 100), 4)).len(), 4);
        assert_eq!(next(Piece::of(window(0, 1)), seen(None, 0), 4), Next::Floor);
    }

    #[test]
    fn a_full_instant_is_set_apart_and_left_to_the_export() {
        let piece = Piece::of(window(0, 1000));
        let apart = windows(next(piece, seen(Some(999), 0), 4));
        assert_eq!(apart, [window(999, 1000), window(0, 999)]);
        let instant = Piece::tight(window(999, 1000), 1);
        assert_eq!(next(instant, seen(Some(999), 0), 4), Next::Floor);
    }

    #[test]
    fn what_lies_beside_a_piece_is_not_asked_for_once_it_fills_the_answer() {
        let piece = Piece::of(window(0, 60_000));
        assert_eq!(piece.request(SECOND), window(-1000, 61_000));
        let Next::Cut(pieces) = next(piece, seen(Some(60_400), 100), 4) else { panic!() };
        assert_eq!(pieces[0].request(SECOND), window(-1, 60_000));
        let shaved = windows(next(pieces[0], seen(Some(60_000), 0), 4));
        assert_eq!(shaved, [window(59_999, 60_000), window(0, 59_999)]);
    }

    proptest::proptest! {
        /// Whatever an answer says, cutting leaves nothing out and comes to an end.
        #[test]
        fn cutting_covers_and_ends(
            length in 1_i64..100_000,
            oldest in proptest::option::of(-10_i64..100_010),
            span in 0_u64..200_000,
            room in 0_usize..9,
        ) {
            let piece = Piece::of(window(0, length));
            let seen = seen(oldest, span);
            let pieces = match next(piece, seen, room) {
                Next::Cut(pieces) => pieces,
                Next::Proved => Vec::new(),
                Next::Floor => return Ok(()),
            };
            let is_held = |from: Timestamp, to: Timestamp| {
                seen.holds.is_some_and(|run| run.oldest < from && to <= run.newest + FLOOR)
            };
            let mut reached = at(length);
            for piece in &pieces {
                let to = piece.window.to();
                proptest::prop_assert!(to >= reached || is_held(to, reached));
                reached = piece.window.from();
            }
            proptest::prop_assert!(reached == at(0) || is_held(at(0), reached));
            let is_smaller = pieces.iter().all(|piece| piece.window.length() < at(length).since(at(0)));
            proptest::prop_assert!(is_smaller || pieces[0].is_tight);
        }
    }
}
