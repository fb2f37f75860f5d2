//! Contacts: the people on the other side of calls, each of one account.

mod change;
mod list;
mod said;
mod show;

pub use list::{ContactFacts, ContactsAsked, contacts_found};

use domain::ContactId;
use domain::access::Area;
use engine::contacts::{ContactError, NotSaid};
use store::ContactRow;

use super::route::Route;
use super::told::{AsOf, DryRunAsked};
use crate::failure::Failure;
use crate::guest::Guest;

/// Everything under `/contacts`.
pub fn routes() -> Vec<Route> {
    use Area::Accounts as Own;
    vec![
        Route::get("/contacts", "List or find contacts", Own, list::list)
            .asks::<list::ContactsAsked>()
            .gives::<AsOf<list::Contacts>>(),
        Route::post(
            "/contacts",
            "Add a contact, or add to the one that is there",
            Own,
            change::add,
        )
        .asks::<DryRunAsked>()
        .takes::<said::NewSaid>()
        .gives::<said::Added>(),
        Route::post("/contacts/import", "Add and change contacts from CSV", Own, change::import)
            .asks::<said::ImportAsked>()
            .takes_csv()
            .gives::<said::ContactsImported>(),
        Route::get("/contacts/{contact}", "Show a contact with its calls", Own, show::show)
            .asks::<show::HistoryAsked>()
            .gives::<AsOf<show::ContactWhole>>(),
        Route::patch("/contacts/{contact}", "Change a contact", Own, change::change)
            .asks::<DryRunAsked>()
            .takes::<said::ChangeSaid>()
            .gives::<said::ContactChanged>(),
        Route::post("/contacts/{contact}/merge", "Say two are one person", Own, change::merge)
            .asks::<DryRunAsked>()
            .takes::<said::MergeSaid>()
            .gives::<said::Merged>(),
        Route::post("/contacts/{contact}/unmerge", "Take a merged one apart", Own, change::unmerge)
            .asks::<DryRunAsked>()
            .gives::<said::Merged>(),
        Route::post("/contacts/{contact}/erase", "Erase a person for good", Own, change::erase)
            .asks::<DryRunAsked>()
            .gives::<said::Erased>(),
    ]
}

/// A contact, as far as whoever asks sees it.
async fn seen(state: &crate::State, guest: &Guest, id: i64) -> Result<ContactRow, Failure> {
    let row = state.store.contacts_get(&[ContactId(id)]).await?.pop();
    let row = row.ok_or(Failure::NotFound { what: "contact" })?;
    guest.sees(row.account, "contact")?;
    Ok(row)
}

impl From<ContactError> for Failure {
    fn from(error: ContactError) -> Self {
        let sentence = error.to_string();
        match error {
            ContactError::NoContact { .. } => Self::NotFound { what: "contact" },
            ContactError::Store(error) => error.into(),
            ContactError::Itself { .. } | ContactError::TwoAccounts { .. } => {
                Self::Unusable { sentence }
            }
            ContactError::WasMerged { .. }
            | ContactError::NotMerged { .. }
            | ContactError::WasErased { .. }
            | ContactError::IdTaken { .. } => Self::Conflict { sentence },
        }
    }
}

impl From<NotSaid> for Failure {
    fn from(error: NotSaid) -> Self {
        Self::Unusable { sentence: error.to_string() }
    }
}
