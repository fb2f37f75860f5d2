//! Contacts: with whom calls were, and each with its history.

use axum::extract::State;
use axum::response::Response;
use domain::access::Area;
use domain::{AccountId, ContactId, Timestamp};
use engine::contacts::{HistoryError, Message, history};
use serde::Deserialize;

use super::PageRoute;
use super::calls::lasted;
use crate::api::{ContactFacts, ContactsAsked, contacts_found};
use crate::extract::{Path, Query};
use crate::failure::Failure;
use crate::figures::Count;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, Filter, List, Table, address, encoded, given};
use crate::zone::Zone;

const PATH: &str = "/contacts";
const HEARD: i64 = 100;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Accounts, list),
        PageRoute::get("/contacts/{contact}", Area::Accounts, contact),
    ]
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    account: Option<String>,
    phone: Option<String>,
    after: Option<i64>,
}

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let (account, phone) = (given(asked.account.as_deref()), given(asked.phone.as_deref()));
    let which = ContactsAsked::of(account.clone(), phone.clone(), asked.after);
    let (contacts, next) = contacts_found(&state, &guest, &which).await?;
    let columns = [
        Column::text("Contact"),
        Column::text("Account"),
        Column::text("Numbers"),
        Column::text("E-mail"),
        Column::text("Changed"),
    ];
    let row = |it: ContactFacts| {
        let name = [it.first_name.clone(), it.last_name.clone()];
        let name = name.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = if name.is_empty() { format!("Contact {}", it.id) } else { name };
        let state = it.erased_at.map(|_| "erased".to_owned());
        vec![
            Cell::link(name, format!("{PATH}/{}", it.id)).noting(state),
            Cell::Text(it.account),
            Cell::Text(it.phones.join(", ")),
            Cell::text(it.email),
            Cell::At(zone.minute(it.changed_at)),
        ]
    };
    let table = Table::new(columns, "There is no such contact.").with(contacts, row);
    let mut filters = Vec::new();
    if guest.account().is_none() {
        let names = state.store.accounts_list().await?.into_iter();
        let names = names.map(|row| (row.name.clone(), row.name));
        filters.push(Filter::of(("account", "Account"), account.as_deref(), names));
    }
    let hint = "+1 201 555 0123";
    filters.push(Filter::written(("phone", "Number"), "search", phone.as_deref(), hint));
    let at = |after: Option<i64>| {
        let after = after.map(|id| id.to_string());
        let asked = [
            ("account", account.as_deref()),
            ("phone", phone.as_deref()),
            ("after", after.as_deref()),
        ];
        address(PATH, asked)
    };
    let (first, next) = (asked.after.map(|_| at(None)), next.map(|id| at(Some(id))));
    let files = vec![("JSON", "/api/v1/contacts".to_owned())];
    let frame = Frame::new(&state, &guest, "Contacts", PATH).read_at(now).zone(&zone);
    let lead =
        "With whom calls were. To find one by number, choose its account first: each has its own.";
    List { path: PATH.to_owned(), filters, files, first, next, ..List::new(frame, lead, table) }
        .show()
}

async fn contact(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let rows = state.store.contacts_get(&[ContactId(id)]).await?;
    let row = rows.into_iter().next().ok_or(Failure::NotFound { what: "contact" })?;
    guest.sees(AccountId(row.account.0), "contact")?;
    let read = |source: &str, record: &[u8]| (state.read)(source, record);
    let found = history(&state.store, guest.scope(), ContactId(id), HEARD, read).await;
    let found = found.map_err(|error| match error {
        HistoryError::Contact(error) => error.into(),
        HistoryError::View(error) => Failure::from(error),
    })?;
    let text = |name: &str| found.fields.text(name).unwrap_or_default();
    let name = format!("{} {}", text("first_name"), text("last_name"));
    let title = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    let title = title.unwrap_or_else(|| format!("Contact {id}"));
    let known = [found.phones.join(", "), text("email"), text("appointment_time")];
    let known: Vec<String> = known.into_iter().filter(|text| !text.is_empty()).collect();
    let calls = Count::of(found.calls).of_things("call", "calls");
    let lead = format!("{}. {calls}, the latest first.", known.join(", "));
    let columns = [
        Column::text("Time"),
        Column::text("Source"),
        Column::text("Status"),
        Column::number("Length"),
        Column::text("Agent"),
        Column::wide("What was said"),
    ];
    let message = |message: Message| {
        let call = message.call;
        let href = format!("/calls/{}/{}", encoded(&call.source), encoded(&call.provider_call_id));
        let at = zone.minute(Timestamp::from_millis(call.occurred_at)).text;
        vec![
            Cell::link(at, href),
            Cell::Text(call.source),
            Cell::Text(call.status.replace('_', " ")),
            Cell::text(lasted(call.duration_ms)),
            Cell::text(call.agent),
            Cell::text(message.transcript),
        ]
    };
    let table = Table::new(columns, "There is no call yet.").with(found.messages, message);
    let frame = Frame::new(&state, &guest, title, PATH).read_at(now).zone(&zone);
    let files = vec![("JSON", format!("/api/v1/contacts/{id}"))];
    List { files, ..List::new(frame, lead, table) }.show()
}
