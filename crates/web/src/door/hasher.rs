//! Hashes passwords beside the other work, a few at once: each takes a processor and 19 MiB.

use std::sync::Arc;

use domain::users::UserName;
use engine::users::{self, UserError, password};
use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::failure::Failure;

/// Passwords hashed at the same time.
const AT_ONCE: usize = 2;
/// Passwords that wait for that; whoever comes after is told to come again.
const WAITING: usize = 32;

/// What hashes.
pub struct Hasher {
    places: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
}

impl Hasher {
    /// One that has nothing to do.
    pub fn new() -> Self {
        let semaphore = |count| Arc::new(Semaphore::new(count));
        Self { places: semaphore(AT_ONCE + WAITING), at_once: semaphore(AT_ONCE) }
    }

    /// Whether a password is the one that was hashed so; it takes as long without a hash.
    pub async fn is_right(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, Failure> {
        let judged = self.run(move || password::is_right(&password, hash.as_deref())).await?;
        judged.map_err(Failure::from)
    }

    /// Judges a password somebody chose, and hashes it.
    pub async fn chosen(
        &self,
        password: SecretString,
        name: UserName,
    ) -> Result<Result<String, UserError>, Failure> {
        self.run(move || users::chosen(&password, &name)).await
    }

    /// Hashes a password nobody chose.
    pub async fn made(&self, password: SecretString) -> Result<String, Failure> {
        let hashed = self.run(move || password::hash(&password)).await?;
        hashed.map_err(Failure::from)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let defect = |detail: String| Failure::Defect { detail };
        let Ok(_place) = Arc::clone(&self.places).try_acquire_owned() else {
            return Err(Failure::TooSlow);
        };
        let turn = Arc::clone(&self.at_once).acquire_owned().await;
        let turn = turn.map_err(|closed| defect(closed.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until it is done, also where nobody waits for it any more.
            let _turn = turn;
            work()
        });
        done.await.map_err(|error| defect(error.to_string()))
    }
}
