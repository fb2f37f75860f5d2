//! What the runs of an organisation came to, in the shape its users know: every call the provider
//! showed is synced, a duplicate, skipped, or an error.

use std::collections::BTreeMap;

use domain::AccountId;
use serde::Serialize;

use super::RunReport;

/// One or several runs, seen from the accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganisationReport {
    /// Whether every run was one.
    pub success: bool,
    /// Calls the provider showed, each once: `synced + duplicate + skipped`, and those in `errors`.
    pub total_calls: u64,
    /// Calls written and placed with an account: new, or changed.
    pub synced_calls: u64,
    /// Contacts made. A dry run asks for no record by its id, so it foresees those only of whom the
    /// provider's list says a number.
    pub new_customers: u64,
    /// Calls that wait or are excluded, new or not, and records set aside. All are kept.
    pub skipped_calls: u64,
    /// Calls that are placed with an account and were there just so.
    pub duplicate_calls: u64,
    /// What was written for each account, by its id.
    pub calls_by_business: BTreeMap<AccountId, BusinessReport>,
    /// What went wrong, in sentences.
    pub errors: Vec<String>,
}

/// What was written for one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BusinessReport {
    /// What it is called.
    pub name: String,
    /// Calls written, new or changed.
    pub synced: u64,
    /// Of these, new.
    pub new: u64,
}

impl OrganisationReport {
    /// Adds runs up. `names` are those of all accounts.
    pub fn of<'r>(
        runs: impl IntoIterator<Item = &'r RunReport>,
        names: &BTreeMap<AccountId, String>,
    ) -> Self {
        let mut sum = Self {
            success: true,
            total_calls: 0,
            synced_calls: 0,
            new_customers: 0,
            skipped_calls: 0,
            duplicate_calls: 0,
            calls_by_business: BTreeMap::new(),
            errors: Vec::new(),
        };
        for run in runs {
            sum.add(run, names);
        }
        sum
    }

    fn add(&mut self, run: &RunReport, names: &BTreeMap<AccountId, String>) {
        self.success &= run.success;
        self.total_calls += run.total_fetched - run.repeated;
        self.new_customers += run.contacts_made;
        self.skipped_calls += run.waiting + run.excluded + run.set_aside;
        self.duplicate_calls += run.placed_already;
        for (account, brought) in &run.placed {
            let business = self.calls_by_business.entry(*account).or_default();
            business.name = names.get(account).cloned().unwrap_or_default();
            business.synced += brought.new + brought.updated;
            business.new += brought.new;
            self.synced_calls += brought.new + brought.updated;
        }
        self.errors.extend(run.error.clone());
        if run.error_count > 0 {
            self.errors.push(format!("{} records were refused by the database", run.error_count));
        }
    }
}
