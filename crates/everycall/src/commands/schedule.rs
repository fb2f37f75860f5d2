//! `everycall schedule`: comparisons that are made by themselves.

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::JobId;
use engine::schedules::{self, ScheduleAsked, ScheduleError};
use serde_json::{Value, json};
use store::{JobRow, ScheduleRow, SendingRow};

use super::assign::account;
use super::site::Site;
use super::waiting::quoted;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table, instant};
use crate::wiring::Desk;

/// Make comparisons by themselves, and tell what came of each
///
/// `everycall serve` and `everycall work` make them, as jobs. What came while nobody worked is made
/// up by one comparison.
#[derive(Debug, Args)]
pub struct Schedule {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List(List),
    Remove(Named),
    Run(Named),
    Pause(Pause),
}

/// Compare a source by itself from now on
#[derive(Debug, Args)]
struct Add {
    /// What it is called
    name: String,
    /// What is compared
    #[arg(long)]
    source: String,
    /// Only the calls that the rules give to this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// When, in the five fields of crontab(5): "0 6 * * mon" is each Monday at six
    #[arg(long, value_name = "CRON")]
    cron: String,
    /// The zone of these times [default: that of `[schedule]` in the configuration]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// How many days each comparison covers, back from when it is due
    #[arg(long, default_value_t = 7, value_name = "DAYS")]
    days: u32,
    /// Read again what is missing or differs
    #[arg(long)]
    repair: bool,
    /// Tell it to this https or mail address; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    send_to: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// List them, with when each comes next and what came of the last
#[derive(Debug, Args)]
struct List {
    /// Print one JSON object per schedule
    #[arg(long)]
    json: bool,
}

/// One of them
#[derive(Debug, Args)]
struct Named {
    /// What it is called
    name: String,
}

/// Make none for a while; what comes meanwhile is not made up for
#[derive(Debug, Args)]
struct Pause {
    /// What it is called
    name: String,
    /// Go on
    #[arg(long)]
    end: bool,
}

/// Does what was asked.
pub async fn run(site: &Site, arguments: Schedule) -> Result<Exit> {
    let desk = site.look().await?;
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let refused = |error| refusal(site, error);
    match arguments.command {
        Command::Add(arguments) => return add(site, &desk, arguments).await,
        Command::List(arguments) => return list(site, &desk, arguments).await,
        Command::Remove(Named { name }) => {
            let schedule = schedules::named(store, &name).await.map_err(refused)?;
            schedules::remove(store, &schedule).await.map_err(refused)?;
            output::print(&format!("Removed {}; what it made stays.", schedule.name))?;
        }
        Command::Run(Named { name }) => {
            let schedule = schedules::named(store, &name).await.map_err(refused)?;
            let asked = schedules::run(store, &schedule, &environment::user(), now).await;
            let job = asked.map_err(refused)?.id();
            output::print(&format!(
                "Asked for job {job}; {} jobs shows what comes of it, once `serve` or `work` does it.",
                site.here()
            ))?;
        }
        Command::Pause(Pause { name, end }) => {
            let schedule = schedules::named(store, &name).await.map_err(refused)?;
            let is_news = schedules::pause(store, &schedule, !end, now).await.map_err(refused)?;
            output::print(&match (end, is_news) {
                (false, true) => format!("{} is paused.", schedule.name),
                (false, false) => format!("{} was paused already.", schedule.name),
                (true, true) => format!("{} goes on.", schedule.name),
                (true, false) => format!("{} was not paused.", schedule.name),
            })?;
        }
    }
    Ok(Exit::Done)
}

async fn add(site: &Site, desk: &Desk, arguments: Add) -> Result<Exit> {
    let account = match &arguments.account {
        Some(name) => Some(account(site, desk, name.trim()).await?.id),
        None => None,
    };
    let zone = desk.config.schedule.time_zone.clone();
    let asked = ScheduleAsked {
        source: desk.known(&arguments.source).await?,
        account,
        name: arguments.name,
        cron: arguments.cron,
        time_zone: arguments.time_zone.unwrap_or(zone),
        span_days: arguments.days,
        repairs: arguments.repair,
        send_to: arguments.send_to,
    };
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let added = schedules::add(store, &asked, &environment::user(), now).await;
    let row = added.map_err(|error| refusal(site, error))?;
    if arguments.json {
        output::print_json(&as_json(&row, desk, None, &[]))?;
        return Ok(Exit::Done);
    }
    let next = schedules::next(&row, now)
        .map_or_else(String::new, |at| format!(" It is first made at {at}."));
    let mails = schedules::addresses(&row).iter().any(|address| !address.contains("://"));
    let style = Style::of_stdout();
    output::print(&format!("{} compares {}.{next}", style.bold(&row.name), row.source))?;
    if mails && desk.config.mail.host.is_none() {
        output::aside("note: no [mail] host is configured here, so whoever makes it needs one");
    }
    Ok(Exit::Done)
}

async fn list(site: &Site, desk: &Desk, arguments: List) -> Result<Exit> {
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let mut table =
        Table::new(&["schedule", "source", "account", "when", "days", "next", "last", "told"]);
    for row in store.schedules_list().await? {
        let last = store.job_of_schedule(row.schedule_id, now).await?;
        let told = match &last {
            Some(job) => store.sendings_of(JobId(job.job_id)).await?,
            None => Vec::new(),
        };
        if arguments.json {
            output::print_json(&as_json(&row, desk, last.as_ref(), &told))?;
            continue;
        }
        let next = schedules::next(&row, now).map_or("paused".to_owned(), |at| at.to_string());
        let outcome = last.map(|job| job.outcome.unwrap_or(job.status));
        table.row([
            row.name.clone(),
            row.source.clone(),
            row.account.clone().unwrap_or_else(|| "all".to_owned()),
            format!("{} {}", row.cron, row.time_zone),
            row.span_days.to_string(),
            next,
            outcome.unwrap_or_else(|| "never".to_owned()),
            told_words(&told),
        ]);
    }
    if !arguments.json {
        let none = format!(
            "There is no schedule yet; add one: {} schedule add weekly --source NAME --cron \"0 6 * * mon\"",
            site.here()
        );
        output::print(&table.text_or(&none))?;
    }
    Ok(Exit::Done)
}

fn told_words(told: &[SendingRow]) -> String {
    let word = |row: &SendingRow| match &row.error {
        Some(error) => format!("{}: {} ({error})", row.send_to, row.status),
        None => format!("{}: {}", row.send_to, row.status),
    };
    told.iter().map(word).collect::<Vec<_>>().join("\n")
}

fn as_json(row: &ScheduleRow, desk: &Desk, last: Option<&JobRow>, told: &[SendingRow]) -> Value {
    let sending = |row: &SendingRow| {
        json!({
            "sendTo": row.send_to, "status": row.status, "attempts": row.attempts,
            "triedAt": row.tried_at.map(instant), "nextAt": row.next_at.map(instant),
            "error": row.error,
        })
    };
    json!({
        "name": row.name, "source": row.source, "account": row.account, "cron": row.cron,
        "timeZone": row.time_zone, "days": row.span_days, "repairs": row.repairs != 0,
        "sendTo": schedules::addresses(row), "paused": row.is_paused != 0,
        "nextAt": schedules::next(row, desk.ctx.now()),
        "createdAt": instant(row.created_at), "createdBy": row.created_by,
        "lastJob": last.map(|job| job.job_id), "lastOutcome": last.and_then(|job| job.outcome.clone()),
        "sendings": told.iter().map(sending).collect::<Vec<_>>(),
    })
}

/// What to do about a schedule that cannot be kept or found.
fn refusal(site: &Site, error: ScheduleError) -> anyhow::Error {
    let sentence = error.to_string();
    match error {
        ScheduleError::Store(error) => error.into(),
        ScheduleError::NoName => Mistake::new(sentence, "Such as: weekly").into(),
        ScheduleError::NameTaken { name } => {
            let remove = format!("{} schedule remove {}", site.here(), quoted(&name));
            Mistake::missing(sentence, format!("Choose another name, or take it away: {remove}"))
                .into()
        }
        ScheduleError::NoTimes { .. } => Mistake::new(
            sentence,
            "Write minute, hour, day of month, month and day of week: \"0 6 * * mon\"",
        )
        .into(),
        ScheduleError::NoSpan => Mistake::new(sentence, "Such as --days 7").into(),
        ScheduleError::NoAddress(_) => {
            Mistake::new(sentence, "Such as --send-to https://hooks.example.com/calls").into()
        }
        ScheduleError::TooManyAddresses => Mistake::new(sentence, "Use a mailing list").into(),
        ScheduleError::NoSchedule { .. } => {
            Mistake::missing(sentence, format!("`{} schedule list` lists them", site.here())).into()
        }
    }
}
