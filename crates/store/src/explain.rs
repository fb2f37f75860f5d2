//! How each engine is asked by what it finds rows. Only contract tests ask.

use crate::Engine;

/// What to put before a statement, and which column of the answer has the words.
pub(crate) struct Explain {
    pub(crate) words: &'static str,
    pub(crate) column: usize,
}

impl Explain {
    pub(crate) fn of(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self { words: "EXPLAIN QUERY PLAN", column: 3 },
            Engine::Postgres => Self { words: "EXPLAIN", column: 0 },
        }
    }
}
