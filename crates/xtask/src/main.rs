//! Set-up, test, CI and bench commands.
fn main() {}
