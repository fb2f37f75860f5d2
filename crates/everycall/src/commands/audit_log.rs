//! `everycall audit-log`: who changed what.

use anyhow::Result;
use clap::Args;
use domain::Timestamp;
use serde_json::{Value, json};
use store::AuditRow;

use super::site::Site;
use crate::mistake::Exit;
use crate::output::{self, Table, instant};

/// List who changed what by the pages and the API, and users and tokens on the command line
#[derive(Debug, Args)]
pub struct AuditLog {
    /// How many, the newest first
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Those before the one of this number
    #[arg(long, value_name = "ID")]
    before: Option<i64>,
    /// Print one JSON object per change
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub async fn run(site: &Site, arguments: AuditLog) -> Result<Exit> {
    let desk = site.look().await?;
    let AuditLog { limit, before, json } = arguments;
    let rows = desk.ctx.store.audit_list(before, i64::from(limit)).await?;
    if json {
        output::print_json_lines(rows.iter().map(as_json))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["id", "at", "who", "from", "what", "to what", "more"]);
    for row in rows {
        let (id, at) = (row.audit_id.to_string(), instant(row.at));
        let more = if row.detail == "{}" { String::new() } else { row.detail };
        table.row([id, at, row.who, row.address, row.what, row.target, more]);
    }
    output::print(&table.text_or("Nothing was changed yet."))?;
    Ok(Exit::Done)
}

fn as_json(row: &AuditRow) -> Value {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
    json!({
        "id": row.audit_id, "at": Timestamp::from_millis(row.at), "who": row.who,
        "address": row.address, "what": row.what, "target": row.target, "detail": detail,
    })
}
