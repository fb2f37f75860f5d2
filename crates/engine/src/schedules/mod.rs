//! Schedules of comparisons: when each is due, the job that makes it, and whom it is told.

mod due;
mod letter;
mod send;

use domain::{AccountId, JobKind, NoTimes, Rhythm, Times, Timestamp};
use providers::outgoing::{NoAddress, SendTo};
use store::{AskedJob, NewJob, NewSchedule, ScheduleRow, SourceRow, Store, StoreError};

pub(crate) use due::ask_due;
pub(crate) use send::{send_to, send_what_is_due};

use crate::jobs::written;

/// The longest name.
const NAME_MAX: usize = 100;
/// The longest span of one comparison, in days.
const SPAN_MAX: u32 = 366;
/// Addresses one schedule tells, at most.
const SEND_TO_MAX: usize = 20;

/// A schedule somebody asks for.
#[derive(Debug, Clone)]
pub struct ScheduleAsked {
    /// What it is to be called.
    pub name: String,
    /// What is compared.
    pub source: SourceRow,
    /// Whose calls; the source's where it is none.
    pub account: Option<AccountId>,
    /// When, in the five fields of crontab(5).
    pub cron: String,
    /// By the clock of which zone.
    pub time_zone: String,
    /// How much, back from when it is due.
    pub span_days: u32,
    /// Whether what is found is repaired.
    pub repairs: bool,
    /// Whom it is told: https addresses and mail addresses.
    pub send_to: Vec<String>,
}

/// Why a schedule is not kept, or not found.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It has no name.
    #[error("a schedule needs a name of at most {NAME_MAX} letters on one line")]
    NoName,
    /// There is one of this name.
    #[error("there is a schedule “{name}” already")]
    NameTaken {
        /// Which name.
        name: String,
    },
    /// It never comes.
    #[error("`{cron}` names no times: {why}")]
    NoTimes {
        /// What was written.
        cron: String,
        /// What is wrong with it.
        why: NoTimes,
    },
    /// It covers nothing, or too much.
    #[error("a comparison covers from 1 to {SPAN_MAX} days")]
    NoSpan,
    /// Nobody can be told there.
    #[error(transparent)]
    NoAddress(#[from] NoAddress),
    /// Too many are to be told.
    #[error("a schedule tells at most {SEND_TO_MAX} addresses")]
    TooManyAddresses,
    /// There is none.
    #[error("there is no schedule “{name}”")]
    NoSchedule {
        /// Which name.
        name: String,
    },
}

/// Keeps a schedule. Its first comparison is made when it is next due.
pub async fn add(
    store: &Store,
    asked: &ScheduleAsked,
    by: &str,
    now: Timestamp,
) -> Result<ScheduleRow, ScheduleError> {
    let name = asked.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.contains(char::is_control) {
        return Err(ScheduleError::NoName);
    }
    Times::read(asked.cron.trim(), asked.time_zone.trim())
        .map_err(|why| ScheduleError::NoTimes { cron: asked.cron.clone(), why })?;
    if !(1..=SPAN_MAX).contains(&asked.span_days) {
        return Err(ScheduleError::NoSpan);
    }
    if asked.send_to.len() > SEND_TO_MAX {
        return Err(ScheduleError::TooManyAddresses);
    }
    let send_to: Result<Vec<SendTo>, NoAddress> =
        asked.send_to.iter().map(|text| text.parse()).collect();
    let send_to: Vec<String> = send_to?.iter().map(SendTo::to_string).collect();
    let new = NewSchedule {
        name,
        source: asked.source.id,
        account: asked.account,
        cron: asked.cron.trim(),
        time_zone: asked.time_zone.trim(),
        span_days: asked.span_days,
        repairs: asked.repairs,
        // A list of texts always has a JSON form.
        send_to: &serde_json::to_string(&send_to).unwrap_or_default(),
        by,
    };
    let mut tx = store.begin().await?;
    let is_free = tx.schedule_add(&new, now).await?;
    tx.commit().await?;
    if !is_free {
        return Err(ScheduleError::NameTaken { name: name.to_owned() });
    }
    named(store, name).await
}

/// The schedule of this name.
pub async fn named(store: &Store, name: &str) -> Result<ScheduleRow, ScheduleError> {
    let none = || ScheduleError::NoSchedule { name: name.to_owned() };
    store.schedule_by_name(name.trim()).await?.ok_or_else(none)
}

/// Takes a schedule away. What it made stays.
pub async fn remove(store: &Store, schedule: &ScheduleRow) -> Result<(), ScheduleError> {
    let mut tx = store.begin().await?;
    tx.schedule_remove(schedule.schedule_id).await?;
    Ok(tx.commit().await?)
}

/// Pauses a schedule, or lets it go on; what came in between is not made up for. Returns whether that
/// was news.
pub async fn pause(
    store: &Store,
    schedule: &ScheduleRow,
    pauses: bool,
    now: Timestamp,
) -> Result<bool, ScheduleError> {
    let mut tx = store.begin().await?;
    let is_news = tx.schedule_pause(schedule.schedule_id, pauses, now).await?;
    tx.commit().await?;
    Ok(is_news)
}

/// Asks for the comparison of a schedule now, beside those that come by themselves. It makes up for
/// those that were missed.
pub async fn run(
    store: &Store,
    schedule: &ScheduleRow,
    by: &str,
    now: Timestamp,
) -> Result<AskedJob, ScheduleError> {
    let sources = store.sources_list().await?;
    let since = sources.iter().find(|row| row.id.0 == schedule.source_id).map(|row| row.since);
    let parameters =
        due::parameters(schedule, due::at_once(schedule, now), since.unwrap_or(Timestamp::MIN));
    let mut tx = store.begin().await?;
    let asked = tx.job_ask(&new_job(schedule, &written(&parameters), by, now), now).await?;
    tx.commit().await?;
    Ok(asked)
}

fn new_job<'j>(
    schedule: &ScheduleRow,
    parameters: &'j str,
    by: &'j str,
    due: Timestamp,
) -> NewJob<'j> {
    NewJob {
        source: domain::SourceId(schedule.source_id),
        kind: if schedule.repairs != 0 { JobKind::Repair } else { JobKind::Compare },
        parameters,
        by,
        due: Some((schedule.schedule_id, due)),
    }
}

/// The addresses a schedule tells.
pub fn addresses(schedule: &ScheduleRow) -> Vec<String> {
    serde_json::from_str(&schedule.send_to).unwrap_or_default()
}

/// When a schedule comes next; nothing while it is paused.
pub fn next(schedule: &ScheduleRow, now: Timestamp) -> Option<Timestamp> {
    let rhythm = rhythm(schedule).ok()?;
    (schedule.is_paused == 0).then(|| rhythm.next(now))
}

fn rhythm(schedule: &ScheduleRow) -> Result<Rhythm, NoTimes> {
    Ok(Rhythm::At(Box::new(Times::read(&schedule.cron, &schedule.time_zone)?)))
}
