//! Ids of Teli's shapes, made from the world's own and found again from them.

/// A number that depends on its arguments alone.
pub(super) fn luck(id: &str, of: &str) -> u64 {
    let seed = of.bytes().chain([0]).chain(id.bytes()).fold(0x9e37_79b9_7f4a_7c15, step);
    // Every bit of the text must reach every bit of the number.
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x7fb5_d329_728e_a185);
    mixed ^ (mixed >> 27)
}

fn step(hash: u64, byte: u8) -> u64 {
    (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// Whether an event of this share befalls the id; the same every time.
pub(super) fn befalls(id: &str, of: &str, share: f64) -> bool {
    ((luck(id, of) >> 11) as f64 / (1_u64 << 53) as f64) < share
}

/// `call_` and 27 hex digits, from the world's id of a call.
pub fn call_id(world_id: &str) -> String {
    format!("call_{world_id}{:03x}", luck(world_id, "call") & 0xfff)
}

/// The world's id of a call.
pub(super) fn world_id(id: &str) -> Option<&str> {
    let digits = id.strip_prefix("call_")?;
    let (world_id, _) = digits.split_at_checked(digits.len().checked_sub(3)?)?;
    (call_id(world_id) == id).then_some(world_id)
}

/// `agent_` and 26 hex digits, from the world's id of an agent.
pub fn voice_agent_id(world_id: &str) -> String {
    format!("agent_{world_id}{:02x}", luck(world_id, "agent") & 0xff)
}

/// The UUID of an agent, or of anything else.
pub fn agent_uuid(world_id: &str) -> String {
    let (high, low) = (luck(world_id, "uuid"), luck(world_id, "uuid too"));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

/// Milliseconds, an `x` and 18 digits: how requests name organisations, users and agents.
pub fn unique_id(world_id: &str) -> String {
    let millis = 1_760_000_000_000 + luck(world_id, "made") % 10_000_000_000;
    let digits = 100_000_000_000_000_000 + luck(world_id, "digits") % 899_999_999_999_999_999;
    format!("{millis}x{digits}")
}
