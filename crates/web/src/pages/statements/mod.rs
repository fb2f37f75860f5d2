//! Statements of completeness: what was signed of each account, and the documents themselves.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::access::Area;
use domain::{AccountId, Timestamp};
use serde::Deserialize;
use store::{AccountRow, StatementRow};

use super::PageRoute;
use crate::extract::{Path, Query};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, Filter, List, Table};
use crate::zone::Zone;

const PATH: &str = "/statements";
const SHOWN: i64 = 50;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Accounts, list),
        PageRoute::get("/statements/{account}/{statement}", Area::Accounts, document),
    ]
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementsAsked {
    account: Option<String>,
}

const LEAD: &str = "Each says of one account and one period which calls there are, how well that is \
                    proved and what it assumes. It is signed; `everycall statement verify FILE` checks \
                    it without a network.";

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<StatementsAsked>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let mut accounts = state.store.accounts_list().await?;
    accounts.retain(|row| guest.sees(row.id, "account").is_ok());
    let names: Vec<String> = accounts.iter().map(|row| row.name.clone()).collect();
    if let Some(name) = asked.account.as_deref().filter(|name| !name.is_empty()) {
        accounts.retain(|row| row.name == name);
    }
    let mut rows = Vec::new();
    for account in accounts {
        let made = state.store.statements_list(account.id, SHOWN).await?;
        rows.extend(made.into_iter().map(|row| (account.clone(), row)));
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.statement_id));
    rows.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let columns = [
        Column::text("Account"),
        Column::text("From"),
        Column::text("To"),
        Column::text("Amounts to"),
        Column::text("Made"),
        Column::text("By"),
        Column::text("Document"),
    ];
    let row = |(account, row): (AccountRow, StatementRow)| {
        let at = |millis| Cell::At(zone.minute(Timestamp::from_millis(millis)));
        let class = if row.verdict == "complete" { "success" } else { "partial" };
        let href = format!("{PATH}/{}/{}", account.id.0, row.statement_id);
        let by = guest.may_know(row.made_by).unwrap_or_default();
        vec![
            Cell::Text(account.name),
            at(row.period_from),
            at(row.period_to),
            Cell::badge(class, row.verdict.replace('_', " ")),
            at(row.made_at),
            Cell::Text(by),
            Cell::link("Download", href),
        ]
    };
    let empty = "None was made yet: `everycall statement make ACCOUNT --month 2026-10` makes one.";
    let table = Table::new(columns, empty).with(rows, row);
    let filter = Filter::of(
        ("account", "Account"),
        asked.account.as_deref(),
        names.into_iter().map(|name| (name.clone(), name)),
    );
    let frame = Frame::new(&state, &guest, "Statements", PATH).read_at(now).zone(&zone);
    List { path: PATH.to_owned(), filters: vec![filter], ..List::new(frame, LEAD, table) }.show()
}

async fn document(
    State(state): State<crate::State>,
    guest: Guest,
    Path((account, id)): Path<(i64, i64)>,
) -> Result<Response, Failure> {
    let account = AccountId(account);
    guest.sees(account, "statement")?;
    let row = state.store.statement_get(account, id).await?;
    let row = row.ok_or(Failure::NotFound { what: "statement" })?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"statement-{id}.json\"")),
    ];
    Ok((headers, row.document).into_response())
}
