//! What a record says, as one number: equal content has equal hashes, however it is written.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The content of one JSON record: insensitive to white space, to the order of keys and to
/// `1` against `1.0`, sensitive to everything else.
///
/// Two limits: numbers that do not fit 64 bits are told apart as far as a double can, and keys
/// that occur twice are seen, but not in which order. Nesting deeper than 128 is hashed as bytes.
///
/// It finds changes and is no defence against forgery: whoever can choose records could make
/// two with equal hashes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash(pub u128);

/// Seeds keep kinds apart, so that `"1"`, `1` and `[1]` differ.
mod kind {
    pub const NULL: u64 = 1;
    pub const BOOL: u64 = 2;
    pub const NUMBER: u64 = 3;
    pub const TEXT: u64 = 4;
    pub const LIST: u64 = 5;
    pub const MAP: u64 = 6;
    pub const ENTRY: u64 = 7;
    pub const BYTES: u64 = 8;
}

impl ContentHash {
    /// Hashes a record. Bytes that are no JSON are hashed as bytes.
    pub fn of(record: &[u8]) -> Self {
        let mut json = serde_json::Deserializer::from_slice(record);
        let hashed = Content.deserialize(&mut json).and_then(|hash| json.end().map(|()| hash));
        Self(hashed.unwrap_or_else(|_| xxh3_128_with_seed(record, kind::BYTES)))
    }

    /// Sixteen bytes, as stored.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// From the sixteen bytes stored.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hash(bytes: &[u8], kind: u64) -> u128 {
    xxh3_128_with_seed(bytes, kind)
}

fn pair(a: u128, b: u128, kind: u64) -> u128 {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&a.to_le_bytes());
    bytes[16..].copy_from_slice(&b.to_le_bytes());
    hash(&bytes, kind)
}

/// Hashes one JSON value while it is read, without building it.
struct Content;

impl<'de> DeserializeSeed<'de> for Content {
    type Value = u128;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u128, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Content {
    type Value = u128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<u128, E> {
        Ok(hash(&[], kind::NULL))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<u128, E> {
        Ok(hash(&[u8::from(value)], kind::BOOL))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u128, E> {
        Ok(hash(&i128::from(value).to_le_bytes(), kind::NUMBER))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u128, E> {
        Ok(hash(&i128::from(value).to_le_bytes(), kind::NUMBER))
    }

    #[expect(clippy::cast_possible_truncation, reason = "only whole floats in range are cast")]
    fn visit_f64<E: Error>(self, value: f64) -> Result<u128, E> {
        // Up to here a whole float is exactly one integer, and hashes as such.
        if value.fract() == 0.0 && value.abs() < 1e38 {
            return Ok(hash(&(value as i128).to_le_bytes(), kind::NUMBER));
        }
        Ok(hash(&value.to_bits().to_le_bytes(), kind::NUMBER))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<u128, E> {
        Ok(hash(value.as_bytes(), kind::TEXT))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<u128, A::Error> {
        let mut all = 0;
        while let Some(item) = items.next_element_seed(Content)? {
            all = pair(all, item, kind::LIST);
        }
        Ok(hash(&all.to_le_bytes(), kind::LIST))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<u128, A::Error> {
        // A sum does not care for order; each entry is hashed first, so sums do not cancel out.
        let mut all: u128 = 0;
        while let Some(key) = entries.next_key_seed(Content)? {
            let value = entries.next_value_seed(Content)?;
            all = all.wrapping_add(pair(key, value, kind::ENTRY));
        }
        Ok(hash(&all.to_le_bytes(), kind::MAP))
    }
}

/// Bytes in hex, two digits each.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Hex as bytes; `None` when it is none.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let (pairs, []) = digits.as_deref()?.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests;
