//! The budgets of this process, by credential.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Budget, BudgetBook, ClockName, Fingerprint, Rate};

/// The budgets of this process, by credential.
#[derive(Default)]
pub struct Budgets {
    // A hash stands for the credential, so that no secret is kept here.
    by_credential: Mutex<HashMap<Fingerprint, Weak<Budget>>>,
    sharing: Option<Sharing>,
}

/// How this process shares its budgets with others.
#[derive(Clone)]
pub struct Sharing {
    /// Where shares are written.
    pub book: Arc<dyn BudgetBook>,
    /// Who we are: random per process start.
    pub worker: String,
    /// The clock we go by.
    pub clock: ClockName,
}

impl Budgets {
    /// No budget yet, and nobody to share one with.
    pub fn new() -> Self {
        Self::default()
    }

    /// No budget yet, and those there will be are shared.
    pub fn shared(sharing: Sharing) -> Self {
        Self { sharing: Some(sharing), ..Self::default() }
    }

    /// The budget of a credential. Connections that share the credential share it, and the one
    /// that was there first has said how large it is.
    pub fn of(&self, credential: &[&str], rate: Rate, concurrency: usize) -> Arc<Budget> {
        let key = Fingerprint::of(credential);
        let mut known = self.by_credential.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, budget| budget.strong_count() > 0);
        if let Some(budget) = known.get(&key).and_then(Weak::upgrade) {
            return budget;
        }
        let budget = Arc::new(match &self.sharing {
            Some(sharing) => Budget::shared(sharing, key, rate, concurrency),
            None => Budget::new(rate, concurrency),
        });
        known.insert(key, Arc::downgrade(&budget));
        budget
    }
}

impl fmt::Debug for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budgets")
            .field("is_shared", &self.sharing.is_some())
            .finish_non_exhaustive()
    }
}
