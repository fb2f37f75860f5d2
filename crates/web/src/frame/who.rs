//! Who is signed in, at the head of every page.

use crate::guest::Guest;

/// Somebody who is signed in.
pub struct WhoIs {
    /// Their name.
    pub name: String,
    /// The accounts they may look at, where they are a member.
    pub accounts: Vec<Choice>,
}

/// One of their accounts.
pub struct Choice {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether they look at it.
    pub is_chosen: bool,
}

/// Whoever asks, if they are signed in.
pub fn who(guest: &Guest) -> Option<WhoIs> {
    let person = guest.person()?;
    let choice = |(id, name): &(domain::AccountId, String)| Choice {
        id: id.0,
        name: name.clone(),
        is_chosen: person.looks_at == Some(*id),
    };
    Some(WhoIs {
        name: person.name.clone(),
        accounts: person.accounts.iter().map(choice).collect(),
    })
}
