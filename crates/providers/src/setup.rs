//! What a person must say to set up a source: the keys without a default, and the secret.

/// One thing to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The key of the `[[sources]]` block.
    pub key: &'static str,
    /// What a person is asked.
    pub asks: &'static str,
    /// What an answer looks like.
    pub example: &'static str,
}

/// Everything that must be said to set up a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetUp {
    /// The keys without a default.
    pub questions: &'static [Question],
    /// The secret, by the stem of its key: `token` is written as `token_env` or `token_file`.
    pub secret: Question,
}
