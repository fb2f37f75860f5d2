//! What all of HighLevel's APIs share: one door, tokens that change, and what a refusal means.
//!
//! This is no provider. The providers of HighLevel read
//! different parts of one sub-account through it, and share its budget when they share a token.

pub mod door;
pub mod errors;
pub mod learnt;
pub mod oauth;

pub(crate) mod webhooks;
