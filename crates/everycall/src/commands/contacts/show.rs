//! One contact with its history.

use anyhow::Result;
use clap::Args;
use domain::ContactId;
use engine::contacts::{History, HistoryError, Message, history};
use serde_json::{Value, json};
use store::Scope;

use super::{contact_id, refusal};
use crate::commands::site::Site;
use crate::mistake::Exit;
use crate::output::{self, Style, instant};

/// Show one contact: what is known, and its calls, each with its transcript as a message
#[derive(Debug, Args)]
pub struct Show {
    /// The contact, as `contacts list` numbers it
    #[arg(value_parser = contact_id)]
    contact: ContactId,
    /// How many of its calls
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows it.
pub async fn run(site: &Site, arguments: Show) -> Result<Exit> {
    let desk = site.look().await?;
    let reader = desk.records();
    let read = |source: &str, record: &[u8]| reader(source, record);
    let store = &desk.ctx.store;
    let found = history(store, Scope::Operator, arguments.contact, arguments.limit, read).await;
    let history = match found {
        Ok(history) => history,
        Err(HistoryError::Contact(error)) => return Err(refusal(site, error)),
        Err(error) => return Err(error.into()),
    };
    let accounts = store.accounts_list().await?;
    let account = accounts.iter().find(|account| account.id == history.family[0].account);
    let account = account.map(|account| account.name.as_str()).unwrap_or_default();
    if arguments.json {
        output::print_json(&as_json(&history, account))?;
    } else {
        output::print(&text(&history, account, Style::of_stdout()))?;
    }
    Ok(Exit::Done)
}

fn as_json(history: &History, account: &str) -> Value {
    let History { family, fields, phones, ids, calls, messages } = history;
    let row = &family[0];
    let custom: serde_json::Map<String, Value> =
        fields.custom().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    json!({
        "id": row.id, "account": account,
        "firstName": fields.text("first_name"), "lastName": fields.text("last_name"),
        "email": fields.text("email"), "phone": fields.text("phone"),
        "appointmentTime": fields.text("appointment_time"), "day": fields.text("day"),
        "month": fields.text("month"), "custom": custom, "phones": phones,
        "externalIds": ids.iter().map(|(kind, id)| json!({"kind": kind, "id": id})).collect::<Vec<_>>(),
        "merged": family.iter().skip(1).map(|row| row.id).collect::<Vec<_>>(),
        "mergedInto": row.merged_into, "createdAt": instant(row.created_at),
        "createdBy": row.created_by, "changedAt": instant(row.changed_at),
        "erasedAt": row.erased_at.map(instant), "calls": calls,
        "history": messages.iter().map(message_json).collect::<Vec<_>>(),
    })
}

fn message_json(message: &Message) -> Value {
    let Message { call, transcript, extracted } = message;
    json!({
        "at": instant(call.occurred_at), "source": call.source,
        "providerCallId": call.provider_call_id, "direction": call.direction,
        "status": call.status, "duration_ms": call.duration_ms, "agent": call.agent,
        "account": call.account, "foundBy": call.contact_by,
        "erasedAt": call.erased_at.map(instant), "message": transcript, "extracted": extracted,
    })
}

fn text(history: &History, account: &str, style: Style) -> String {
    let History { family, fields, phones, ids, calls, messages } = history;
    let row = &family[0];
    let name = [fields.text("first_name"), fields.text("last_name")];
    let merged: Vec<String> = family.iter().skip(1).map(|row| row.id.to_string()).collect();
    let ids: Vec<String> = ids.iter().map(|(kind, id)| format!("{kind} {id}")).collect();
    let mut facts = vec![
        ("contact", row.id.to_string()),
        ("account", account.to_owned()),
        ("name", name.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        ("numbers", phones.join(", ")),
        ("ids", ids.join(", ")),
    ];
    let named = domain::ContactFields::NAMED.iter().skip(2);
    facts.extend(named.map(|name| (*name, fields.text(name).unwrap_or_default())));
    facts.extend(fields.custom().map(|(name, _)| (name, fields.text(name).unwrap_or_default())));
    facts.push(("made of", merged.join(", ")));
    facts.push(("merged into", row.merged_into.map(|into| into.to_string()).unwrap_or_default()));
    facts.push(("erased", row.erased_at.map(instant).unwrap_or_default()));
    facts.push(("since", format!("{}, by {}", instant(row.created_at), row.created_by)));
    facts.push(("calls", calls.to_string()));
    let known = facts.iter().filter(|(_, value)| !value.is_empty());
    let mut lines: Vec<String> = known
        .map(|(name, value)| format!("{} {value}", style.dim(&format!("{name:<16}"))))
        .collect();
    for message in messages {
        lines.push(String::new());
        lines.extend(message_lines(message, style));
    }
    lines.join("\n")
}

fn message_lines(message: &Message, style: Style) -> Vec<String> {
    let call = &message.call;
    let direction = call.direction.as_deref().unwrap_or("call");
    let agent = call.agent.as_deref().map(|agent| format!(", {agent}")).unwrap_or_default();
    let head = format!(
        "{} {direction} {}{agent} ({} {})",
        instant(call.occurred_at),
        call.status,
        call.source,
        call.provider_call_id
    );
    let mut lines = vec![style.bold(&head)];
    match (&message.transcript, call.erased_at) {
        (_, Some(at)) => lines.push(style.dim(&format!("  erased {}", instant(at)))),
        (Some(transcript), None) => {
            lines.extend(transcript.lines().map(|line| format!("  {line}")));
        }
        (None, None) => {}
    }
    lines
}
