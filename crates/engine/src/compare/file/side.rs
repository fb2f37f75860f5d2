//! A sorted file and the database, window by window.

use std::collections::HashMap;
use std::time::Duration;

use domain::{
    ById, Cause, Explained, Extra, ProviderCallId, Timestamp, Told, WallClock, Window,
    explain_extra,
};

use super::read::key;
use super::sorted::{Entry, Sorted};
use super::{FileSide, FileTrouble, at};
use crate::compare::CompareError;
use crate::compare::judge::{Found, Judge};
use crate::compare::tally::{Also, Listed};

/// Calls of a window, at least, unless it is as long as a window may be.
const WINDOW_CALLS: usize = 5_000;

/// The longest window: where the file has few calls, the database may have many.
const WINDOW_MAX: Duration = Duration::from_hours(24);

const HOUR: Duration = Duration::from_hours(1);

/// A file under way beside the database.
pub(super) struct Side<'a> {
    pub file: &'a FileSide,
    pub clock: Option<WallClock>,
    pub calls: Sorted,
    /// What is compared, and what of it is still to come.
    pub span: Window,
    pub rest: Window,
    pub judge: Judge<'a>,
    /// Calls of ours that the file has at another time, which was not met yet.
    pub pending: HashMap<ProviderCallId, Told>,
    pub windows: u64,
    pub outside: u64,
}

impl Side<'_> {
    /// Compares the next window; says whether more come. Windows follow each other without a hole,
    /// from the first call of the file to its last.
    pub(super) async fn next(&mut self) -> Result<bool, CompareError> {
        let (there, to) = self.listed()?;
        let Ok(window) = Window::new(self.rest.from(), to) else { return Ok(false) };
        self.windows += 1;
        let mut found = self.judge.compare(there, window).await?;
        self.explain_extra(&mut found);
        self.judge.settle(&found);
        match Window::new(to, self.span.to()) {
            Ok(rest) => self.rest = rest,
            Err(_nothing) => return Ok(false),
        }
        Ok(true)
    }

    /// The file's calls of the next window, and where it ends: earlier than a window may be long
    /// where they are many.
    pub(super) fn listed(&mut self) -> Result<(Vec<Listed>, Timestamp), CompareError> {
        let from = self.rest.from();
        let end = self.rest.to().min(from + WINDOW_MAX);
        let is_last = end == self.span.to();
        let mut there: Vec<Listed> = Vec::new();
        while let Some(entry) = self.calls.peek() {
            let time = at(self.clock.as_ref(), (entry.told.at, entry.is_local));
            let hour = time.floor_to(HOUR);
            if time >= end && !is_last {
                break;
            }
            // No window ends within an hour: its control total is of all of it.
            let is_full = there.len() >= WINDOW_CALLS && hour > from && hour < end;
            if is_full && there.last().is_some_and(|last| last.told.at < hour) {
                return Ok((there, hour));
            }
            let io = |cause| FileTrouble::Io { row: self.file.rows, cause };
            let Some(Entry { told, .. }) = self.calls.next().map_err(io)? else { break };
            if !self.span.contains(time) {
                self.outside += 1;
                self.judge.accounts.repeated += 1;
                continue;
            }
            let told = Told { at: time, ..told };
            let owner = self.judge.whose.owner_of(&told);
            there.push(Listed { told, owner, also: Also::default(), is_erased: false });
        }
        Ok((there, end))
    }

    /// What only we have in this window is nowhere in the file, or comes in another window.
    fn explain_extra(&mut self, found: &mut Found) {
        for here in std::mem::take(&mut found.compared.extra) {
            if self.file.ids.contains(&key(&here.id)) {
                self.judge.database_total -= 1;
                self.pending.insert(here.id.clone(), here);
                continue;
            }
            let by_id = ById::NotAsked(self.file.name.clone());
            self.judge.extra(&here, explain_extra(&Extra { by_id, doubt: None }));
            found.compared.extra.push(here);
        }
    }

    /// What the file has at a time outside of the span is only here within it.
    pub(super) fn settle_pending(&mut self) {
        let mut found = Found::default();
        for (id, here) in std::mem::take(&mut self.pending) {
            if self.judge.moved.contains(&id) {
                continue;
            }
            self.judge.database_total += 1;
            let evidence =
                format!("{} has it at a time outside of the span asked for", self.file.name);
            let explained = Explained { cause: Cause::NotInProviderResponse, evidence };
            self.judge.extra(&here, explained);
            found.compared.extra.push(here);
        }
        self.judge.settle(&found);
    }
}
