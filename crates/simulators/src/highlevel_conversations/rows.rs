//! The messages of the sub-account, made from the world's calls; one per call, and some texts.

use std::collections::HashMap;

use crate::highlevel::{mixed, share};
use crate::world::{Call, World};

use super::settings::Settings;

/// A kind of call-like message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) number: u32,
}

pub(super) const PLAIN_CALL: Kind = Kind { name: "TYPE_CALL", number: 1 };
pub(super) const CUSTOM_CALL: Kind = Kind { name: "TYPE_CUSTOM_CALL", number: 34 };
const NOVEL_CALL: Kind = Kind { name: "TYPE_HOLOGRAM", number: 77 };
const OTHERS: [Kind; 6] = [
    Kind { name: "TYPE_IVR_CALL", number: 24 },
    Kind { name: "TYPE_VOICEMAIL", number: 10 },
    Kind { name: "TYPE_CAMPAIGN_CALL", number: 8 },
    Kind { name: "TYPE_CAMPAIGN_MANUAL_CALL", number: 13 },
    Kind { name: "TYPE_CAMPAIGN_VOICEMAIL", number: 10 },
    CUSTOM_CALL,
];

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Call(&'static Kind),
    Text,
}

/// One message.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: String,
    /// Which of the world's calls it is about.
    pub(super) call: usize,
    pub(super) what: What,
    pub(super) thread: String,
    pub(super) added: i64,
    ended: i64,
    touched: Option<i64>,
    listed_from: i64,
    edits: u32,
    pub(super) is_deleted: bool,
    is_unlisted: bool,
}

impl Row {
    /// What became of the row since it was `old`: nothing, or it is put in or changed now.
    fn write(&mut self, old: Option<&Self>, now: i64, settings: &Settings) {
        let shown_from = now + settings.written_after_seconds * 1000;
        match old {
            Some(old) if old.edits == self.edits => {
                self.touched = old.touched;
                self.listed_from = self.listed_from.max(old.listed_from);
            }
            Some(_) => self.touched = Some(now),
            None => {
                self.touched = (!settings.keeps_dates).then_some(now);
                self.listed_from = self.listed_from.max(shown_from);
            }
        }
    }

    /// A call's row is made when it is dialled and written again when it ends.
    pub(super) fn updated(&self, now: i64) -> i64 {
        let by_itself = if self.ended <= now { self.ended } else { self.added };
        by_itself.max(self.touched.unwrap_or(i64::MIN))
    }

    pub(super) fn has_ended(&self, now: i64) -> bool {
        self.ended <= now
    }

    pub(super) fn ended_by(&self, now: i64, seconds: i64) -> bool {
        self.ended + seconds * 1000 <= now
    }

    pub(super) fn is_listed(&self, now: i64) -> bool {
        !self.is_deleted && !self.is_unlisted && self.listed_from <= now
    }

    pub(super) fn is_call(&self) -> bool {
        matches!(self.what, What::Call(_))
    }
}

/// Every message, by time and id.
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    by_id: HashMap<String, usize>,
}

impl Rows {
    /// The messages of a world; `before` says what was known, so that what is new or changed since
    /// counts as written now.
    pub(super) fn of(world: &World, settings: &Settings, before: Option<(&Self, i64)>) -> Self {
        let mut all: Vec<Row> = Vec::with_capacity(world.calls().len() * 3 / 2);
        for (at, call) in world.calls().iter().enumerate() {
            if call.is_trial && !settings.has_test_calls {
                continue;
            }
            let mut row = of_call(at, call, settings);
            if let Some((before, now)) = before {
                row.write(before.get(&row.id), now, settings);
            }
            if share(&call.id, "text") < 0.4 {
                all.push(text_after(&row, call));
            }
            all.push(row);
        }
        all.sort_unstable_by(|a, b| a.added.cmp(&b.added).then_with(|| a.id.cmp(&b.id)));
        let by_id = all.iter().enumerate().map(|(at, row)| (row.id.clone(), at)).collect();
        Self { all, by_id }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Row> {
        self.by_id.get(id).map(|at| &self.all[*at])
    }
}

fn of_call(at: usize, call: &Call, settings: &Settings) -> Row {
    let listed_from = call.created_at + settings.indexed_after_seconds * 1000;
    Row {
        id: message_id(call),
        call: at,
        what: What::Call(kind(call, settings)),
        thread: thread(call),
        added: call.created_at,
        ended: call.ended_at(),
        touched: None,
        listed_from: call.hidden_until.map_or(listed_from, |until| until.max(listed_from)),
        edits: call.edits,
        is_deleted: call.is_deleted,
        is_unlisted: call.is_unlisted,
    }
}

/// A text message some minutes after a call, in the same thread.
fn text_after(row: &Row, call: &Call) -> Row {
    let at = call.ended_at() + 300_000;
    Row {
        id: derived(&call.id, "text message"),
        what: What::Text,
        added: at,
        ended: at,
        listed_from: row.listed_from.max(at),
        touched: None,
        ..row.clone()
    }
}

/// The id of a call's message: the one Voice AI names, where it names one.
pub(super) fn message_id(call: &Call) -> String {
    call.message_id.clone().unwrap_or_else(|| derived(&call.id, "message"))
}

/// One thread per contact; whoever is unknown has one of their own.
fn thread(call: &Call) -> String {
    derived(call.contact_id.as_ref().unwrap_or(&call.id), "thread")
}

/// The person or AI user behind an agent.
pub(super) fn user_id(agent_id: &str) -> String {
    derived(agent_id, "user")
}

fn kind(call: &Call, settings: &Settings) -> &'static Kind {
    let luck = share(&call.id, "kind");
    if luck >= settings.other_types_share {
        return &PLAIN_CALL;
    }
    if settings.has_surprises && share(&call.id, "novel") < 0.3 {
        return &NOVEL_CALL;
    }
    let nth = mixed(&call.id, "which kind") % OTHERS.len() as u64;
    &OTHERS[usize::try_from(nth).unwrap_or(0)]
}

/// 20 alphanumeric characters that depend on the arguments alone.
pub(super) fn derived(id: &str, of: &str) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut out = String::with_capacity(20);
    for part in ["1", "2"] {
        let mut bits = mixed(id, &format!("{of}{part}"));
        for _ in 0..10 {
            let nth = usize::try_from(bits % 62).unwrap_or(0);
            out.push(char::from(LETTERS[nth]));
            bits /= 62;
        }
    }
    out
}
