//! Which records of a page are sent: one may be left out or come twice, and they may come in
//! another order.

use rand::SeedableRng;
use rand::rngs::Xoshiro128PlusPlus;
use rand::seq::SliceRandom;

use super::What;

/// The places, from 0, of the records that are sent of a page of so many, in the order and as often
/// as they are sent.
pub(crate) fn sent(whats: &[What], records: usize) -> Vec<usize> {
    let copies = |nth: usize| {
        whats.iter().fold(1, |copies, what| match what {
            What::OmitRecord(at) if *at == nth => 0,
            What::RepeatRecord(at) if *at == nth => copies * 2,
            _ => copies,
        })
    };
    let mut places: Vec<usize> =
        (0..records).flat_map(|nth| std::iter::repeat_n(nth, copies(nth))).collect();
    for what in whats {
        if let What::Shuffle(seed) = what {
            places.shuffle(&mut Xoshiro128PlusPlus::seed_from_u64(*seed));
        }
    }
    places
}
