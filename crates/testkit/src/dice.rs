//! Numbers from a seed, the same on every machine (splitmix64).

use std::time::Duration;

/// Dice that fall the same way for the same seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of this seed.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds would give neighbouring first numbers.
        let mut dice = Self(seed ^ 0x6c69_7665_732e_2e2e);
        dice.roll(2);
        dice
    }

    /// 0 to `sides` - 1.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }

    /// The same, as an index.
    pub fn small(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll(sides as u64)).unwrap_or(0)
    }

    /// One in so many.
    pub fn one_in(&mut self, many: u64) -> bool {
        self.roll(many) == 0
    }

    /// Any one of these; there must be one.
    pub fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.small(all.len())].clone()
    }

    /// Some time up to this long, to the second.
    pub fn within(&mut self, longest: Duration) -> Duration {
        Duration::from_secs(self.roll(longest.as_secs() + 1))
    }
}
