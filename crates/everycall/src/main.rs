//! Every call, accounted for.
fn main() {}
