//! Identifiers that look like the providers' own.

use rand::rngs::Xoshiro128PlusPlus;
use rand::{RngExt, SeedableRng};

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A seeded maker of identifiers that never makes one twice.
#[derive(Debug, Clone)]
pub struct Ids {
    rng: Xoshiro128PlusPlus,
    machine: u64,
    counter: u32,
}

impl Ids {
    /// A maker whose identifiers depend on the seed alone.
    pub fn new(seed: u64) -> Self {
        let mut rng = Xoshiro128PlusPlus::seed_from_u64(seed ^ 0x1d5);
        let machine = rng.random_range(0..1 << 40);
        Self { machine, counter: rng.random_range(0..1 << 20), rng }
    }

    /// A Mongo object id: four bytes of seconds, five of the machine, three of a counter.
    pub fn object(&mut self, unix_ms: i64) -> String {
        let seconds = u32::try_from(unix_ms.div_euclid(1000)).unwrap_or(0);
        self.counter = (self.counter + 1) & 0x00ff_ffff;
        format!("{seconds:08x}{:010x}{:06x}", self.machine, self.counter)
    }

    /// A 20-character alphanumeric id, as contacts, locations and messages have.
    pub fn short(&mut self) -> String {
        self.alphanumeric(20)
    }

    /// Alphanumeric characters drawn evenly.
    pub fn alphanumeric(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(ALPHANUMERIC[self.rng.random_range(0..ALPHANUMERIC.len())]))
            .collect()
    }

    /// A version-4 UUID.
    pub fn uuid(&mut self) -> String {
        let bits: u128 = self.rng.random();
        let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        parts.join("-")
    }
}

/// The SID of the line a call of the world goes over: whoever carries it and whoever names it say
/// the same one.
pub fn line_sid(call_id: &str) -> String {
    let half = |of: &str| {
        let bytes = of.bytes().chain(call_id.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    };
    format!("CA{:016x}{:016x}", half("CA"), half("second half"))
}
