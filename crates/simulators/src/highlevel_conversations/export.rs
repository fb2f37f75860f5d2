//! The export of messages (§3.4): pages along a cursor that dies when nobody asks for a while.

use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::faults::What as Fault;
use crate::highlevel::errors::error;
use crate::highlevel::twist::Twist;
use crate::server::{Answer, Asked};
use crate::world::Ids;

use super::message::Writer;
use super::query::Query;
use super::rows::{Row, Rows};
use super::settings::{Chain, DeadCursor, Ending};

/// The chains under way.
pub(super) struct Export(Mutex<Chains>);

struct Chains {
    ids: Ids,
    by_cursor: HashMap<String, (u64, Place)>,
    asked_at: HashMap<u64, i64>,
    next: u64,
}

/// Where a chain stands.
#[derive(Clone)]
enum Place {
    /// In a picture of the list, taken when it was first asked for.
    Frozen { picture: Arc<Picture>, offset: usize, limit: usize },
    /// After this time and id of whatever list there is.
    After { query: Query, key: i64, id: String },
}

/// The messages of a list as they were at one instant. While the world stays as it is, they are
/// written only when their page is asked for; before it changes, all of them.
struct Picture {
    /// Which messages, by their places.
    rows: Vec<usize>,
    taken_at: i64,
    records: OnceLock<Vec<Vec<u8>>>,
}

impl Picture {
    fn write(&self, rows: &Rows, writer: &Writer<'_>, of: Range<usize>) -> Vec<Vec<u8>> {
        let then = Writer { world: writer.world, settings: writer.settings, now: self.taken_at };
        let record = |place: &usize| then.write(&rows.all[*place]).to_string().into_bytes();
        self.rows[of].iter().map(record).collect()
    }

    fn keep(&self, rows: &Rows, writer: &Writer<'_>) {
        self.records.get_or_init(|| self.write(rows, writer, 0..self.rows.len()));
    }

    fn page(&self, rows: &Rows, writer: &Writer<'_>, of: Range<usize>) -> Vec<Vec<u8>> {
        match self.records.get() {
            Some(records) => records[of].to_vec(),
            None => self.write(rows, writer, of),
        }
    }
}

impl Export {
    /// The world is about to change; pictures of it stay as they are.
    pub(super) fn keep_pictures(&self, rows: &Rows, writer: &Writer<'_>) {
        let chains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, place) in chains.by_cursor.values() {
            if let Place::Frozen { picture, .. } = place {
                picture.keep(rows, writer);
            }
        }
    }

    pub(super) fn new(seed: u64) -> Self {
        let (by_cursor, asked_at) = (HashMap::new(), HashMap::new());
        Self(Mutex::new(Chains { ids: Ids::new(seed), by_cursor, asked_at, next: 0 }))
    }

    /// `GET /conversations/messages/export`.
    pub(super) fn answer(
        &self,
        rows: &Rows,
        writer: &Writer<'_>,
        asked: &Asked,
        faults: &[Fault],
    ) -> Answer {
        let understood = asked.without_params(&writer.settings.ignored_parameters);
        let query = match Query::read(&understood, writer.settings) {
            Ok(query) => query,
            Err(refusal) => return refusal,
        };
        let twist = Twist::of(faults, 1);
        let mut chains = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (chain, place) = match understood.param("cursor") {
            None => (chains.open(), None),
            Some(cursor) => match chains.find(cursor, writer) {
                Some((chain, place)) => (chain, Some(place)),
                None => match writer.settings.dead_cursor {
                    DeadCursor::Refused(status) => {
                        return error(status, "cursor is expired or invalid");
                    }
                    DeadCursor::EmptyPage => {
                        let total = select(rows, writer, &query).len();
                        return page(writer, total, &[], &twist, None);
                    }
                    DeadCursor::StartsOver => (chains.open(), None),
                },
            },
        };
        chains.asked_at.insert(chain, writer.now);
        let place = place.unwrap_or_else(|| begin(rows, writer, query));
        let turn = turn(rows, writer, place);
        let next = turn.next.map(|place| chains.keep(chain, place));
        page(writer, turn.total, &turn.records, &twist, next)
    }
}

impl Chains {
    fn open(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// The place of a cursor that is still alive.
    fn find(&mut self, cursor: &str, writer: &Writer<'_>) -> Option<(u64, Place)> {
        let dead_before = writer.now - writer.settings.cursor_seconds * 1000;
        self.asked_at.retain(|_, at| *at >= dead_before);
        self.by_cursor.retain(|_, (chain, _)| self.asked_at.contains_key(chain));
        self.by_cursor.get(cursor).cloned()
    }

    fn keep(&mut self, chain: u64, place: Place) -> String {
        let cursor = self.ids.uuid();
        self.by_cursor.insert(cursor.clone(), (chain, place));
        cursor
    }
}

/// What a query finds, in its order, each with its place.
fn select<'a>(rows: &'a Rows, writer: &Writer<'_>, query: &Query) -> Vec<(usize, &'a Row)> {
    let now = writer.now;
    let contact = |row: &Row| writer.world.calls()[row.call].contact_id.as_ref();
    let listed = rows.all.iter().enumerate().filter(|(_, row)| row.is_listed(now));
    let wanted = listed.filter(|(_, row)| query.wants(row, contact(row), writer.settings, now));
    let mut found: Vec<(usize, &Row)> = wanted.collect();
    found.sort_by(|(_, a), (_, b)| (query.key(a, now), &a.id).cmp(&(query.key(b, now), &b.id)));
    if query.is_descending {
        found.reverse();
    }
    found
}

fn begin(rows: &Rows, writer: &Writer<'_>, query: Query) -> Place {
    if writer.settings.chain != Chain::Frozen {
        let key = if query.is_descending { i64::MAX } else { i64::MIN };
        return Place::After { query, key, id: String::new() };
    }
    let found = select(rows, writer, &query);
    let rows = found.into_iter().map(|(place, _)| place).collect();
    let picture = Picture { rows, taken_at: writer.now, records: OnceLock::new() };
    Place::Frozen { picture: Arc::new(picture), offset: 0, limit: query.limit }
}

struct Turn {
    total: usize,
    records: Vec<Vec<u8>>,
    next: Option<Place>,
}

fn turn(rows: &Rows, writer: &Writer<'_>, place: Place) -> Turn {
    let ending = writer.settings.ending;
    let goes_on = |sent: usize, limit: usize, is_more: bool| match ending {
        Ending::Null | Ending::Absent => is_more,
        Ending::EmptyPage => sent == limit,
        Ending::EmptyPageWithCursor => true,
    };
    match place {
        Place::Frozen { picture, offset, limit } => {
            let total = picture.rows.len();
            let end = (offset + limit).min(total);
            let page = picture.page(rows, writer, offset..end);
            let goes_on = goes_on(page.len(), limit, end < total);
            let next = goes_on.then_some(Place::Frozen { picture, offset: end, limit });
            Turn { total, records: page, next }
        }
        Place::After { query, key, id } => {
            let found = select(rows, writer, &query);
            let (total, limit) = (found.len(), query.limit);
            let is_after = |row: &Row| {
                let order = match writer.settings.chain {
                    Chain::LiveWithoutTieBreaker => query.key(row, writer.now).cmp(&key),
                    _ => (query.key(row, writer.now), &row.id).cmp(&(key, &id)),
                };
                if query.is_descending { order.is_lt() } else { order.is_gt() }
            };
            let rest: Vec<&Row> =
                found.into_iter().map(|(_, row)| row).filter(|row| is_after(row)).collect();
            let page = &rest[..limit.min(rest.len())];
            let goes_on = goes_on(page.len(), limit, page.len() < rest.len());
            let (key, id) = page
                .last()
                .map_or((key, id.clone()), |row| (query.key(row, writer.now), row.id.clone()));
            let records = page.iter().map(|row| writer.write(row).to_string().into_bytes());
            let records = records.collect();
            Turn { total, records, next: goes_on.then_some(Place::After { query, key, id }) }
        }
    }
}

fn page(
    writer: &Writer<'_>,
    total: usize,
    records: &[Vec<u8>],
    twist: &Twist<'_>,
    next: Option<String>,
) -> Answer {
    let shown: &[Vec<u8>] = if twist.is_empty { &[] } else { records };
    let mut body = b"{\"messages\":[".to_vec();
    let mut separator: &[u8] = b"";
    for nth in twist.sent(shown.len()) {
        body.extend_from_slice(mem::replace(&mut separator, b","));
        twist.write(nth, &shown[nth], &mut body);
    }
    let told = (total as u64).min(writer.settings.total_max.unwrap_or(u64::MAX)) as i64;
    let told = (told + writer.settings.total_lie + twist.total_plus).max(0);
    let next = match (next, writer.settings.ending) {
        (Some(cursor), _) => format!(",\"nextCursor\":\"{cursor}\""),
        (None, Ending::Absent) => String::new(),
        (None, _) => ",\"nextCursor\":null".to_owned(),
    };
    let trace = writer.now;
    let tail = format!("],\"total\":{told}{next},\"traceId\":\"trace-{trace}\"}}");
    body.extend_from_slice(tail.as_bytes());
    Answer::json(200, body)
}
