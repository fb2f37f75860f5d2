//! What all of HighLevel's simulated APIs share: who may ask, how often, and how a no is worded.
//!
//! Written from the published description like everything that uses it. It is no simulator itself.

pub(crate) mod access;
pub(crate) mod admission;
pub(crate) mod agency;
pub(crate) mod errors;
pub(crate) mod gate;
pub(crate) mod limits;
pub(crate) mod oauth;
pub(crate) mod twist;

pub use access::{Install, scopes};
pub use limits::RateLimit;

use jiff::Timestamp;
use serde_json::json;

use crate::server::Answer;
use crate::world::World;

/// `GET /locations/{locationId}`.
pub(crate) fn location(world: &World) -> Answer {
    let it = world.location();
    let body = json!({
        "location": {
            "id": it.id,
            "name": it.name,
            "timezone": it.timezone,
            "companyId": it.company_id,
        },
    });
    Answer::json(200, body.to_string())
}

/// `2024-01-15T10:30:00.000Z`.
pub(crate) fn iso(unix_ms: i64) -> String {
    let instant = Timestamp::from_millisecond(unix_ms).unwrap_or_default();
    format!("{instant:.3}")
}

/// A number from 0 to 1 that depends on its arguments alone.
pub(crate) fn share(id: &str, of: &str) -> f64 {
    (mixed(id, of) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Bits that depend on the arguments alone.
pub(crate) fn mixed(id: &str, of: &str) -> u64 {
    let bytes = id.bytes().chain(of.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}
