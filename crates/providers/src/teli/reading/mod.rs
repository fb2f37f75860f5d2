//! One reading of a window: pieces beside each other, what was seen, and what is doubtful.

mod second;

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use domain::{Timestamp, Window};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::mpsc;

use super::WindowField;
use super::calibrate::Learnt;
use super::client::{Client, Listing};
use super::cut::{Next, Piece, Seen, next};
use super::wire::{CallPage, Row};
use crate::{Page, SourceError, Walked};

/// Ends of a range may be rounded, by this much at most.
const ROUNDING: Duration = Duration::from_secs(1);

/// Calls of this status, or without one in the request.
pub(super) type Status = Option<String>;

/// Why a reading ended early.
pub(super) enum Stopped {
    /// Nobody takes the pages any more.
    LeftAlone,
    /// Teli could not be read.
    Failed(SourceError),
}

impl From<SourceError> for Stopped {
    fn from(error: SourceError) -> Self {
        Self::Failed(error)
    }
}

/// What one reading has seen so far.
pub(super) struct Reading<'a> {
    client: &'a Client,
    learnt: &'a Learnt,
    pages: &'a mpsc::Sender<Page>,
    by_start: bool,
    number: u64,
    // Hashes instead of ids: a collision makes the count too small, and loses no record.
    seen: HashSet<u64>,
    asked_for: HashSet<Status>,
    also_there: Vec<Status>,
    without_status: HashSet<u64>,
    too_dense: Vec<(Status, Piece, Vec<u64>)>,
    doubt: Option<String>,
    // Beside `doubt`, because that may tell why a call is missing.
    missing: Option<String>,
}

/// A piece of one status.
struct Task {
    status: Status,
    piece: Piece,
    /// Calls of the piece that another answer has shown already.
    expects: Vec<Shared>,
}

/// A call that two answers must show.
#[derive(Clone, Copy)]
struct Shared {
    at: Timestamp,
    key: u64,
}

/// An answer.
struct Asked {
    task: Task,
    requested: Window,
    page: CallPage,
    took: Duration,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        client: &'a Client,
        learnt: &'a Learnt,
        pages: &'a mpsc::Sender<Page>,
    ) -> Self {
        let by_start = learnt.window_field() == Some(WindowField::StartTimestamp);
        Self {
            client,
            learnt,
            pages,
            by_start,
            number: 0,
            seen: HashSet::new(),
            asked_for: HashSet::new(),
            also_there: Vec::new(),
            without_status: HashSet::new(),
            too_dense: Vec::new(),
            doubt: None,
            missing: None,
        }
    }

    /// Asks once without a status: what shows up there must show up under some status too.
    pub(super) async fn look_without_status(&mut self, request: Window) -> Result<(), Stopped> {
        let task = Task { status: None, piece: Piece::of(request), expects: Vec::new() };
        let Asked { requested, page, took, .. } = ask(self.client, task).await?;
        let readable = page.rows.iter().filter(|row| row.id().is_some());
        self.without_status = readable.map(key).collect();
        self.check_window(requested, &page);
        self.note_statuses(&page);
        let page = self.page(page.rows, took);
        self.send(page).await
    }

    /// Reads all calls of these statuses, several pieces at once.
    ///
    /// Answers under way and pages waiting to be taken are bounded together; while one waits, the
    /// others go on being received, so that a slow taker makes no request time out.
    pub(super) async fn read(
        &mut self,
        statuses: &[Status],
        request: Window,
    ) -> Result<(), Stopped> {
        let (client, pages) = (self.client, self.pages);
        let at_once = client.concurrency();
        let mut tasks: VecDeque<Task> = VecDeque::new();
        for status in statuses {
            self.asked_for.insert(status.clone());
            let piece = Piece::of(request);
            tasks.push_back(Task { status: status.clone(), piece, expects: Vec::new() });
        }
        let mut under_way = FuturesUnordered::new();
        let mut waiting: VecDeque<Page> = VecDeque::new();
        loop {
            while under_way.len() < at_once && under_way.len() + waiting.len() < at_once * 2 {
                let Some(task) = tasks.pop_front() else { break };
                under_way.push(ask(client, task));
            }
            if under_way.is_empty() && waiting.is_empty() {
                return Ok(());
            }
            tokio::select! {
                room = pages.reserve(), if !waiting.is_empty() => {
                    let Ok(room) = room else { return Err(Stopped::LeftAlone) };
                    if let Some(page) = waiting.pop_front() {
                        room.send(page);
                    }
                }
                Some(asked) = under_way.next(), if !under_way.is_empty() => {
                    let busy = tasks.len() + under_way.len();
                    let room = (at_once * 2).saturating_sub(busy).max(1);
                    let (page, further) = self.take_in(asked?, room);
                    waiting.push_back(page);
                    // Newest first, and what was begun is finished before more is begun.
                    further.into_iter().rev().for_each(|task| tasks.push_front(task));
                }
            }
        }
    }

    /// Statuses that showed up and were not asked for yet.
    pub(super) fn further_statuses(&mut self) -> Vec<Status> {
        let mut further = std::mem::take(&mut self.also_there);
        further.retain(|status| !self.asked_for.contains(status));
        further.dedup();
        further
    }

    /// What all of it proved.
    pub(super) fn conclude(mut self) -> Walked {
        let unlisted = self.without_status.len();
        if unlisted > 0 {
            self.doubt(format!(
                "{unlisted} calls are listed without a status and under none that was asked for"
            ));
        }
        match self.doubt.or(self.missing).or_else(|| self.learnt.doubt()) {
            Some(why) => Walked::Doubtful { why, total: None },
            None => Walked::Whole { distinct: self.seen.len() as u64, total: None },
        }
    }

    fn doubt(&mut self, why: String) {
        self.doubt.get_or_insert(why);
    }

    fn take_in(&mut self, asked: Asked, room: usize) -> (Page, Vec<Task>) {
        let Asked { task, requested, page, took } = asked;
        let keys: Vec<u64> = page.rows.iter().map(key).collect();
        for key in &keys {
            self.without_status.remove(key);
        }
        self.note_statuses(&page);
        let is_of_window = self.check_window(requested, &page);
        let settings = self.client.settings();
        let trusts_order = self.by_start && settings.assume_newest_first;
        let seen = Seen::of(&page, self.learnt.answer_max(settings), trusts_order);
        let mut owed = task.expects.clone();
        owed.retain(|shared| !keys.contains(&shared.key));
        let further = match next(task.piece, seen, room) {
            // Cutting a window nobody looks at would go on for ever.
            _ if !is_of_window => Vec::new(),
            Next::Proved => {
                self.check_seams(&task, &owed);
                Vec::new()
            }
            Next::Floor => {
                self.too_dense.push((task.status, task.piece, keys));
                Vec::new()
            }
            Next::Cut(pieces) => {
                let is_left =
                    |shared: &Shared| pieces.iter().any(|it| it.window.contains(shared.at));
                let (mut left, gone): (Vec<_>, Vec<_>) = owed.into_iter().partition(is_left);
                self.check_seams(&task, &gone);
                left.extend(ends(seen, &keys));
                further(&task, pieces, &left)
            }
        };
        (self.page(page.rows, took), further)
    }

    /// Two pieces share a call, so that a range read more coarsely than it was asked for shows.
    fn check_seams(&mut self, task: &Task, gone: &[Shared]) {
        if gone.is_empty() || is_moving(task.status.as_deref()) {
            return;
        }
        let window = task.piece.window;
        self.missing.get_or_insert_with(|| {
            format!("a call that was listed is missing in {window}, a part of the same window")
        });
    }

    /// Whether the answer is about the window asked for.
    fn check_window(&mut self, requested: Window, page: &CallPage) -> bool {
        let within = requested.widened(ROUNDING);
        // A row without a start is listed by it all the same; it was made a call's length later.
        let at_most = requested.widened(self.client.settings().call_length_max());
        let (mut strangers, mut by_creation) = (0, 0);
        for row in &page.rows {
            match (row.start, row.created) {
                (Some(start), _) if within.contains(start) => {}
                (Some(_), Some(made)) if within.contains(made) => by_creation += 1,
                (None, Some(made)) if at_most.contains(made) => {}
                (None, None) => {}
                _ => strangers += 1,
            }
        }
        if by_creation > 0 && self.by_start {
            self.learnt.found(WindowField::CreatedAt);
            self.doubt(format!(
                "{by_creation} calls began outside of {requested} and were made inside: windows are \
                 compared with `created_at`, and are read so from now on"
            ));
        }
        if strangers > 0 {
            self.doubt(format!(
                "{strangers} of {} calls listed for {requested} lie outside of it: dates are \
                 ignored, or mean something else",
                page.rows.len()
            ));
        }
        strangers == 0
    }

    fn note_statuses(&mut self, page: &CallPage) {
        for row in &page.rows {
            let is_expected = self.asked_for.contains(&row.status) || row.id().is_none();
            if is_expected || self.also_there.contains(&row.status) {
                continue;
            }
            if let Some(status) = &row.status
                && !self.client.settings().statuses.contains(status)
            {
                self.learnt.saw(status);
            }
            self.also_there.push(row.status.clone());
        }
    }

    fn page(&mut self, rows: Vec<Row>, took: Duration) -> Page {
        self.number += 1;
        let records = rows.into_iter().map(|row| {
            let is_repeated = !self.seen.insert(key(&row));
            (row.record, is_repeated)
        });
        Page { number: self.number, total: None, records: records.collect(), took }
    }

    async fn send(&self, page: Page) -> Result<(), Stopped> {
        self.pages.send(page).await.map_err(|_nobody_listens| Stopped::LeftAlone)
    }
}

/// Whether a call of this status may still get another one.
pub(super) fn is_moving(status: Option<&str>) -> bool {
    !matches!(status, Some("ended" | "error"))
}

/// The calls at both ends of a full answer, where what is asked for next begins.
fn ends(seen: Seen, keys: &[u64]) -> Vec<Shared> {
    let Some(run) = seen.holds else { return Vec::new() };
    let ends = [keys.first().zip(Some(run.newest)), keys.last().zip(Some(run.oldest))];
    ends.into_iter().flatten().map(|(&key, at)| Shared { at, key }).collect()
}

/// Pieces to ask for next, each with the calls it must show. What a full answer still owes, the
/// piece that holds it owes.
fn further(task: &Task, pieces: Vec<Piece>, shared: &[Shared]) -> Vec<Task> {
    let further = pieces.into_iter().map(|piece| {
        let its = shared.iter().filter(|shared| piece.window.contains(shared.at));
        let expects = its.copied().collect();
        Task { status: task.status.clone(), piece, expects }
    });
    further.collect()
}

async fn ask(client: &Client, task: Task) -> Result<Asked, SourceError> {
    let settings = client.settings();
    let requested = task.piece.request(settings.overlap());
    let began = client.now();
    let (status, window) = (task.status.clone(), Some(requested));
    let listing = Listing { status, window, limit: Some(settings.page_size) };
    let page = client.calls(&listing).await?;
    Ok(Asked { task, requested, page, took: client.now().since(began) })
}

/// What tells one record from another: its id, or else all of it.
fn key(row: &Row) -> u64 {
    let mut hasher = DefaultHasher::new();
    match row.id() {
        Some(id) => id.hash(&mut hasher),
        None => row.record.bytes.hash(&mut hasher),
    }
    hasher.finish()
}
