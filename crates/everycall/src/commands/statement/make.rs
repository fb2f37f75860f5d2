//! Making statements, and listing those that were made.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use domain::{Timestamp, Window};
use engine::statement::{Asked, Signed, Stated, make, month};
use serde_json::json;
use store::{AccountRow, StatementRow};

use super::words;
use crate::commands::assign::account;
use crate::commands::site::Site;
use crate::config::environment;
use crate::draft::Draft;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, instant};
use crate::wiring::Desk;

/// The most days of one statement.
const DAYS_MAX: u64 = 366;

/// Statements listed.
const LISTED: i64 = 100;

/// Make a statement, sign it, keep it, and write it to a file
///
/// Exit code 0 when the verdict is *complete*, 3 when it is anything less.
#[derive(Debug, Args)]
pub struct Make {
    /// Of which account
    account: String,
    /// Of this month of UTC, such as 2026-10
    #[arg(long, value_name = "MONTH", value_parser = of_month, conflicts_with_all = ["from", "to"], required_unless_present = "from")]
    month: Option<Window>,
    /// From this day or instant (UTC)
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// … up to, and without, this day or instant [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    /// Write it here; a file that is there already is not overwritten
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the signed document instead of its gist
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// List the statements made of an account
#[derive(Debug, Args)]
pub struct List {
    /// Of which account
    account: String,
    /// Print one JSON object per statement
    #[arg(long)]
    json: bool,
}

fn of_month(text: &str) -> Result<Window, String> {
    month(text).ok_or_else(|| format!("`{text}` is no month such as 2026-10"))
}

/// Makes one.
pub async fn run(site: &Site, arguments: Make) -> Result<Exit> {
    let desk = site.look_at(arguments.now).await?;
    let now = desk.ctx.now();
    let period = period(&arguments, now)?;
    let key = desk.config.statements.key(&desk.config.folder)?;
    let account = account(site, &desk, arguments.account.trim()).await?;
    let draft = arguments.out.as_deref().map(draft).transpose()?;
    let sources = sources(&desk, &account, period).await?;
    let asked = Asked { account, period };
    let signed = make(&desk.ctx, &asked, &sources, &key, &environment::user()).await?;
    if let Some(mut draft) = draft {
        writeln!(draft, "{}", signed.text())?;
        draft.keep()?;
    }
    if arguments.json {
        output::tell(&signed.text());
    } else {
        output::tell(&told(&signed, arguments.out.as_deref(), &site.here()));
    }
    Ok(words::exit(signed.statement.verdict))
}

fn period(arguments: &Make, now: Timestamp) -> Result<Window, Mistake> {
    let asked = arguments.month.map(|month| (month.from(), month.to()));
    let from = arguments.from.unwrap_or(now);
    let (from, to) = asked.unwrap_or((from, arguments.to.unwrap_or(now)));
    let period = Window::new(from, to)
        .map_err(|error| Mistake::new(error.to_string(), "Choose a --to that lies after --from"))?;
    if from >= now {
        let sentence = format!("{period} has not begun, so nothing can be stated of it");
        return Err(Mistake::new(sentence, "Choose a period that has"));
    }
    if period.length().as_secs() > DAYS_MAX * 86_400 {
        let sentence = format!("{period} is longer than a statement may be, {DAYS_MAX} days");
        return Err(Mistake::new(sentence, "Make one for each year"));
    }
    Ok(period)
}

async fn sources(desk: &Desk, account: &AccountRow, period: Window) -> Result<Vec<Stated>> {
    let store = &desk.ctx.store;
    let ids = store.sources_of_account(account.id, period).await?;
    let known = store.sources_list().await?;
    let mut stated = Vec::new();
    for row in known.into_iter().filter(|row| ids.contains(&row.id)) {
        let able = desk.capabilities(&row);
        let (able, _) = engine::lateness::widened(store, row.id, able, desk.ctx.now()).await?;
        stated.push(Stated { row, able });
    }
    Ok(stated)
}

/// Begun before the statement is made, so that a place which cannot be written to is told first.
fn draft(path: &Path) -> Result<Draft, Mistake> {
    Draft::of_new(path)
        .map_err(|error| Mistake::missing(format!("{error:#}"), "Name another file with --out"))
}

fn told(signed: &Signed, out: Option<&Path>, here: &str) -> String {
    let style = Style::of_stdout();
    let mut parts = vec![words::gist(&signed.statement, style)];
    if let Some(path) = out {
        let path = path.display().to_string();
        let command =
            format!("{here} statement verify {}", crate::commands::waiting::quoted(&path));
        parts.push(format!("Written to {path}. Check it: {}", style.command(&command)));
    }
    parts.join("\n\n")
}

/// Lists them.
pub async fn list(site: &Site, arguments: List) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, arguments.account.trim()).await?;
    let made = desk.ctx.store.statements_list(account.id, LISTED).await?;
    if arguments.json {
        output::print_json_lines(made.iter().map(as_json))?;
        return Ok(Exit::Done);
    }
    let mut table = output::Table::new(&["made", "by", "from", "to", "verdict"]);
    for row in &made {
        let (from, to) = (instant(row.period_from), instant(row.period_to));
        let verdict = row.verdict.replace('_', " ");
        table.row([instant(row.made_at), row.made_by.clone(), from, to, verdict]);
    }
    output::print(&table.text_or("No statement was made of this account yet."))?;
    Ok(Exit::Done)
}

fn as_json(row: &StatementRow) -> serde_json::Value {
    json!({
        "statementId": row.statement_id, "madeAt": instant(row.made_at), "madeBy": row.made_by,
        "from": instant(row.period_from), "to": instant(row.period_to), "verdict": row.verdict,
        "document": serde_json::from_str::<serde_json::Value>(&row.document).ok(),
    })
}
