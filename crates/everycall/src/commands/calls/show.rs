//! One call in full, with every version its provider gave.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use domain::ProviderCallId;
use engine::evidence::{self, Told};
use engine::view::{because, versions};
use store::{CallKey, CallRow, LegRow, MoveRow, Scope};

use super::{lasted, length};
use crate::commands::site::Site;
use crate::draft::Draft;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, instant};

/// Show one call, and with --raw each record the provider gave of it
#[derive(Debug, Args)]
pub struct Show {
    /// The source it came from
    source: String,
    /// The provider's id of the call
    id: String,
    /// Print the records as the provider sent them, oldest first
    #[arg(long)]
    raw: bool,
    /// Write all that is kept of it into this archive: records byte by byte, runs, moves, and a hash
    /// of each file
    #[arg(long, value_name = "FILE.zip", conflicts_with_all = ["raw", "json"])]
    evidence: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows it.
pub async fn run(site: &Site, arguments: Show) -> Result<Exit> {
    let desk = site.look().await?;
    let source = desk.known(&arguments.source).await?;
    let key = CallKey { source: source.id, id: ProviderCallId(arguments.id.clone()) };
    let Some(call) = desk.ctx.store.call_get(Scope::Operator, &key).await? else {
        let hint = format!("`{} calls --source {}` lists them", site.here(), source.name);
        let sentence = format!("source `{}` has no call `{}`", source.name, arguments.id);
        return Err(Mistake::missing(sentence, hint).into());
    };
    let moves = desk.ctx.store.call_moves(Scope::Operator, &key).await?;
    let why = because(&desk.ctx.store, &call).await?;
    let legs = desk.ctx.store.legs_of(Scope::Operator, &key).await?;
    let versions = versions(&desk.ctx.store, Scope::Operator, &key).await?;
    let told = Told { call: &call, why: &why, legs: &legs, moves: &moves, versions: &versions };
    if let Some(path) = &arguments.evidence {
        let files = evidence::files(&desk.ctx.store, &told, desk.ctx.now()).await?;
        let mut draft = Draft::at(path)?;
        evidence::write(&files, &mut draft)?;
        draft.keep()?;
        output::print(&format!("{} records written to {}", versions.len(), path.display()))?;
    } else if arguments.json {
        output::print_json(&told.whole(arguments.raw)?)?;
    } else if arguments.raw {
        for version in &versions {
            output::print(&String::from_utf8_lossy(&version.raw))?;
        }
    } else {
        output::print(&text(told, Style::of_stdout()))?;
    }
    Ok(Exit::Done)
}

fn moved(row: &MoveRow, style: Style) -> String {
    let from = row.account_before.as_ref().unwrap_or(&row.reason_before);
    let to = row.account.as_ref().unwrap_or(&row.reason);
    let when = style.dim(&format!("moved {}", instant(row.moved_at)));
    format!("{when} from {from} to {to}: {} {}", row.changed_by, row.what)
}

fn seen_by(leg: &LegRow, style: Style) -> String {
    let name = style.dim(&format!("{:<11}", "also seen"));
    let length = lasted(leg.duration_ms).map(|length| format!(", {length}")).unwrap_or_default();
    format!(
        "{name} by {}: {} at {}, {}{length}",
        leg.source,
        leg.provider_call_id,
        instant(leg.occurred_at),
        leg.status
    )
}

fn text(told: Told<'_>, style: Style) -> String {
    let Told { call, why, legs, moves, versions } = told;
    let number = |e164: &Option<String>, raw: &Option<String>| match (e164, raw) {
        (Some(e164), Some(raw)) if e164 != raw => format!("{e164} (written {raw})"),
        (e164, raw) => e164.clone().or_else(|| raw.clone()).unwrap_or_default(),
    };
    let account = call.account.clone().unwrap_or_default();
    let facts = [
        ("call", call.provider_call_id.clone()),
        ("source", call.source.clone()),
        ("at", format!("{} (written {})", instant(call.occurred_at), call.occurred_text)),
        ("length", length(call).unwrap_or_default()),
        ("direction", call.direction.clone().unwrap_or_default()),
        ("status", call.status.clone()),
        ("but heard", heard(call)),
        ("from", number(&call.from_e164, &call.from_raw)),
        ("to", number(&call.to_e164, &call.to_raw)),
        ("agent", call.agent.clone().unwrap_or_default()),
        ("agent id", call.provider_agent_id.clone().unwrap_or_default()),
        ("campaign", call.campaign.clone().unwrap_or_default()),
        ("contact id", call.provider_contact_id.clone().unwrap_or_default()),
        ("tags", call.tags.replace(' ', ", ")),
        ("account", account),
        ("placement", format!("{}: {}", call.placement, call.reason)),
        ("because", why.to_owned()),
    ];
    let known = facts.iter().filter(|(_, value)| !value.is_empty());
    let mut lines: Vec<String> = known
        .map(|(name, value)| format!("{} {value}", style.dim(&format!("{name:<11}"))))
        .collect();
    lines.extend(legs.iter().map(|leg| seen_by(leg, style)));
    lines.push(String::new());
    lines.extend(moves.iter().map(|row| moved(row, style)));
    for version in versions {
        lines.push(format!(
            "{} seen {} by {} in run {}, {} bytes",
            style.dim(&format!("version {:<3}", version.version)),
            version.seen_at,
            version.seen_by,
            version.run_id,
            version.raw.len(),
        ));
    }
    lines.push(style.dim("--raw prints each as the provider sent it"));
    lines.join("\n")
}

/// What the provider said that contradicts the ending it had told.
fn heard(call: &CallRow) -> String {
    let Some(word) = &call.status_heard else { return String::new() };
    format!(
        "{word}: the provider contradicts itself; an ending is never taken back, and its record \
         is kept as version {}",
        call.version
    )
}
