//! The list of conversations.

use serde_json::{Value, json};

use crate::faults::{BadRecord, What, sent};
use crate::server::{Answer, Asked};
use crate::world::World;

use super::query::{Place, Query};
use super::record;
use super::settings::{Cursor, LastCursor, Settings};
use super::story::{Story, agent_id, second};

/// The calls of a world by second and id. Made anew when the world changes.
#[derive(Debug, Default)]
pub(super) struct Index(Vec<(i64, usize)>);

impl Index {
    pub(super) fn of(world: &World) -> Self {
        let calls = world.calls();
        let mut index: Vec<_> =
            calls.iter().enumerate().map(|(at, call)| (second(call), at)).collect();
        index.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| calls[a.1].id.cmp(&calls[b.1].id)));
        Self(index)
    }

    fn within(&self, from: i64, to: i64) -> &[(i64, usize)] {
        let first = self.0.partition_point(|(second, _)| *second < from);
        let past = self.0.partition_point(|(second, _)| *second <= to);
        &self.0[first..past.max(first)]
    }
}

/// `GET /v1/convai/conversations`.
pub(super) fn list(
    world: &World,
    index: &Index,
    settings: &Settings,
    now: i64,
    asked: &Asked,
    twists: &[What],
) -> Result<Answer, Answer> {
    let query = Query::read(asked, settings)?;
    let mut found = found(world, index, settings, now, &query);
    let rest = found.split_off(query.page_size.min(found.len()));
    let mut rows: Vec<Value> =
        found.iter().map(|story| record::row(story, query.with_summary)).collect();
    twist(&mut rows, twists);
    let has_more = !rest.is_empty();
    let before = query.cursor.as_ref().map_or(0, |place| place.count);
    let place = found.last().map(|last| Place {
        second: last.start(),
        id: last.id(),
        count: before + found.len(),
    });
    let mut page = json!({ "conversations": rows, "has_more": has_more, "next_cursor": null });
    match (settings.last_cursor, place) {
        (_, Some(place)) if has_more => page["next_cursor"] = place.cursor().into(),
        (LastCursor::Present, Some(place)) => page["next_cursor"] = place.cursor().into(),
        (LastCursor::Absent, _) => {
            page.as_object_mut().map(|page| page.remove("next_cursor"));
        }
        _ => {}
    }
    Ok(Answer::json(200, page.to_string()))
}

/// What the list has from the cursor on, in order.
fn found<'a>(
    world: &'a World,
    index: &Index,
    settings: &'a Settings,
    now: i64,
    query: &Query,
) -> Vec<Story<'a>> {
    let (mut from, mut to) = (query.from, query.to);
    if let Some(place) = query.cursor.as_ref().filter(|_| settings.cursor != Cursor::ByCount) {
        if query.is_descending { to = to.min(place.second) } else { from = from.max(place.second) }
    }
    let span = index.within(from, to).iter();
    let stories = span.map(|(_, at)| Story { call: &world.calls()[*at], settings, now });
    let is_wanted = |story: &Story<'_>| {
        let agent = story.call.agent_id.as_deref().map(agent_id);
        story.is_listed() && (query.agent_id.is_none() || query.agent_id == agent)
    };
    let mut stories: Vec<Story<'a>> = stories.filter(is_wanted).collect();
    if query.is_descending {
        stories.reverse();
    }
    let Some(place) = &query.cursor else { return stories };
    let passed = match settings.cursor {
        Cursor::ByCount => place.count,
        Cursor::FromSecond => 0,
        Cursor::AfterSecond => stories.iter().take_while(|it| it.start() == place.second).count(),
        Cursor::ByPlace => {
            let is_passed = |story: &&Story<'_>| {
                let order = story.id().cmp(&place.id);
                let order = if query.is_descending { order.reverse() } else { order };
                story.start() == place.second && order.is_le()
            };
            stories.iter().take_while(is_passed).count()
        }
    };
    stories.split_off(passed.min(stories.len()))
}

/// Faults that shape a page.
fn twist(rows: &mut Vec<Value>, twists: &[What]) {
    for what in twists {
        match what {
            What::EmptyPage200 => rows.clear(),
            What::BadRecords(bad) => bad.iter().for_each(|(nth, how)| {
                if let Some(row) = rows.get_mut(*nth) {
                    spoil(row, *how);
                }
            }),
            _ => {}
        }
    }
    *rows = sent(twists, rows.len()).into_iter().map(|nth| rows[nth].clone()).collect();
}

/// Spoils a row, or a detail, which has its times elsewhere.
pub(super) fn spoil(row: &mut Value, how: BadRecord) {
    match how {
        BadRecord::WithoutId => {
            row.as_object_mut().map(|row| row.remove("conversation_id"));
        }
        BadRecord::NullCreatedAt => {
            let is_detail = row.get("metadata").is_some();
            let place = if is_detail { &mut row["metadata"] } else { row };
            place["start_time_unix_secs"] = Value::Null;
        }
        BadRecord::TextDuration => row["call_duration_secs"] = "abc".into(),
        BadRecord::NotAnObject => *row = 42.into(),
        BadRecord::UnknownEnums => {
            row["status"] = "teleported".into();
            row["direction"] = "sideways".into();
        }
    }
}
