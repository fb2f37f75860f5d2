//! The light half of ingesting: decide each record's fate and write, inside one transaction.

use std::borrow::Borrow;
use std::collections::HashMap;

use domain::{Awaited, CallStatus, ContentHash, Placement, RunId, Timestamp};
use store::{KnownCall, StoreError, Tx};

use super::committed::{Committed, Standing};
use super::prepare::{Fresh, Prepared, Prepares, placed};
use super::writes::Writes;
use super::{RulesAt, placement_name};
use crate::Source;
use crate::contacts::{Batch, Settled};

/// How a record came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenBy {
    /// We asked for a list.
    Poll,
    /// A person brought a file.
    Import,
}

impl SeenBy {
    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Import => "import",
        }
    }
}

/// Where a record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A call we did not have.
    New,
    /// A call whose content changed.
    Updated,
    /// A call we had just so.
    Unchanged,
    /// A further sighting of a call this run counts elsewhere.
    Repeated,
    /// Nobody could read it.
    SetAside,
}

/// Writes a batch under the lease of `run` and tells where every record went.
///
/// `rules` is brought up to date first; what was prepared by older ones is placed again. The batch
/// is borrowed, so that whoever is refused can try again with parts of it.
pub async fn commit(
    tx: &mut Tx,
    source: &Source,
    run: RunId,
    seen_by: SeenBy,
    rules: &mut RulesAt,
    batch: &[impl Borrow<Prepared>],
    now: Timestamp,
) -> Result<Committed, StoreError> {
    commit_beside(tx, source, run, seen_by, rules, batch, now, HashMap::new()).await
}

/// Writes a record whose page was refused. A call that is gone may have left its contents behind;
/// what is new of it is numbered after them, and nothing of what was seen is overwritten. Says
/// whether it was such a call.
pub(crate) async fn commit_alone(
    tx: &mut Tx,
    source: &Source,
    run: RunId,
    seen_by: SeenBy,
    rules: &mut RulesAt,
    record: &Prepared,
    now: Timestamp,
) -> Result<(Committed, bool), StoreError> {
    let ids = match (&record.what, &record.identity) {
        (Prepares::Fresh(_), Some(identity)) => vec![identity.id.0.as_str()],
        _ => Vec::new(),
    };
    let left_behind = tx.observations_last(source.row.id, &ids).await?;
    let has_contents = !left_behind.is_empty();
    let done = commit_beside(tx, source, run, seen_by, rules, &[record], now, left_behind).await?;
    let was_gone = has_contents && done.accounts.new > 0;
    Ok((done, was_gone))
}

#[expect(clippy::too_many_arguments, reason = "all of it is what writing a batch takes")]
async fn commit_beside(
    tx: &mut Tx,
    source: &Source,
    run: RunId,
    seen_by: SeenBy,
    rules: &mut RulesAt,
    batch: &[impl Borrow<Prepared>],
    now: Timestamp,
    left_behind: HashMap<String, i64>,
) -> Result<Committed, StoreError> {
    let version = tx.rules_version(source.row.id).await?;
    if version != rules.version {
        *rules = RulesAt { version, rules: tx.rules_load(source.row.id).await? };
    }
    let records = || batch.iter().map(Borrow::borrow);
    let ids: Vec<&str> = records().filter_map(|record| record.id_to_look_up(version)).collect();
    let mut known = tx.calls_known(source.row.id, &ids).await?;

    let mut done = Committed::default();
    let mut writes = Writes::beside(left_behind);
    let by_rules = |fresh: &Fresh, at: i64| {
        if at == version { fresh.placement } else { placed(&fresh.call, rules) }
    };
    let fresh = records().enumerate().filter_map(|(place, record)| {
        let Prepares::Fresh(fresh) = &record.what else { return None };
        let is_erased = known.get(&fresh.call.provider_call_id.0).is_some_and(|it| it.is_erased);
        (!is_erased).then(|| (place, &fresh.call, by_rules(fresh, record.rules_version)))
    });
    let contacts = Batch::settle(tx, source, fresh.collect(), now).await?;
    done.contacts_made = contacts.made();
    for (place, record) in records().enumerate() {
        let Prepared { is_repeated, identity, rules_version, what } = record;
        let is_repeated = *is_repeated;
        let (fate, standing) = match what {
            Prepares::Known(call) => {
                let latest = identity.as_ref().and_then(|call| known.get(&call.id.0));
                let latest = latest.unwrap_or(call);
                if !is_repeated {
                    done.known(latest, identity.as_ref());
                }
                (unchanged(run, call.changed_run), Standing::of_known(latest))
            }
            Prepares::Unreadable(record) => {
                if !is_repeated {
                    done.set_aside(record);
                }
                writes.set_aside.push(record.clone());
                (Fate::SetAside, Standing::NotPlaced)
            }
            Prepares::Fresh(fresh) => {
                let settled = contacts.of(place, by_rules(fresh, *rules_version));
                if !is_repeated {
                    done.fresh(fresh, settled.placement);
                }
                let standing = Standing::of(settled.placement);
                let fate = judge(fresh, (place, settled), run, &mut known, &mut writes);
                if fate == Fate::New {
                    done.brought.push(fresh.call.occurred_at.at);
                }
                (fate, standing)
            }
        };
        done.count(counted(fate, is_repeated), standing);
    }
    writes.write(tx, source, run, seen_by, &contacts, now).await?;
    Ok(done)
}

impl Committed {
    /// What a commit would do, judged without a transaction and without writing.
    pub fn foreseen(run: RunId, batch: &[Prepared]) -> Self {
        let mut done = Self::default();
        let mut known = HashMap::new();
        for record in batch {
            let is_repeated = record.is_repeated;
            let (fate, standing) = match &record.what {
                Prepares::Known(call) => {
                    if !is_repeated {
                        done.known(call, record.identity.as_ref());
                    }
                    (unchanged(run, call.changed_run), Standing::of_known(call))
                }
                Prepares::Unreadable(record) => {
                    if !is_repeated {
                        done.set_aside(record);
                    }
                    (Fate::SetAside, Standing::NotPlaced)
                }
                Prepares::Fresh(fresh) => {
                    if !is_repeated {
                        done.fresh(fresh, fresh.placement);
                    }
                    if let Some(before) = fresh.before.clone() {
                        known.entry(fresh.call.provider_call_id.0.clone()).or_insert(before);
                    }
                    let settled = (0, Settled::alone(fresh.placement));
                    let standing = Standing::of(fresh.placement);
                    (judge(fresh, settled, run, &mut known, &mut Writes::default()), standing)
                }
            };
            done.count(if is_repeated { Fate::Repeated } else { fate }, standing);
        }
        done
    }
}

/// A call we had just so. If this very run brought it, from the margin of another window or on
/// an earlier walk, it has been counted as what it was.
fn unchanged(run: RunId, changed_run: i64) -> Fate {
    if changed_run == run.0 { Fate::Repeated } else { Fate::Unchanged }
}

/// What was written is counted where it was written, wherever it was seen, so that *new* is the
/// number of calls added and a run that is killed leaves none uncounted. What was not written is
/// counted at home only.
fn counted(fate: Fate, is_repeated: bool) -> Fate {
    match fate {
        Fate::New | Fate::Updated => fate,
        Fate::Unchanged | Fate::SetAside if !is_repeated => fate,
        _ => Fate::Repeated,
    }
}

fn judge<'b>(
    fresh: &'b Fresh,
    (place, settled): (usize, Settled),
    run: RunId,
    known: &mut HashMap<String, KnownCall>,
    writes: &mut Writes<'b>,
) -> Fate {
    let id = fresh.call.provider_call_id.0.as_str();
    let word = fresh.call.status;
    let before = known.get(id);
    let (version, fate, heard) = match before {
        None => {
            let last = writes.left_behind.get(id).copied().unwrap_or(0);
            (last + 1, Fate::New, CallStatus::Unknown.after(word, false))
        }
        // Whatever the provider says of a call whose words were erased, nothing is kept of it.
        Some(known) if known.is_erased || known.content_hash == fresh.content_hash => {
            return unchanged(run, known.changed_run);
        }
        Some(known) => {
            writes.times_before.entry(id).or_insert(known.occurred_at);
            let heard = known.status.after(word, known.is_provisional);
            (known.version + 1, Fate::Updated, heard)
        }
    };
    let now_known = match before {
        // What is older than what is held says nothing about where the call belongs.
        Some(held) if heard.is_stale => KnownCall {
            content_hash: fresh.content_hash,
            version,
            changed_run: run.0,
            ..held.clone()
        },
        _ => fresh.known(version, run, heard.status, settled.placement),
    };
    known.insert(id.to_owned(), now_known);
    writes.fresh(id, version, fresh, heard, (place, settled));
    fate
}

impl Fresh {
    /// What is known of its call once it is written.
    fn known(
        &self,
        version: i64,
        run: RunId,
        status: CallStatus,
        placement: Placement,
    ) -> KnownCall {
        let (placement, reason) = placement_name(placement);
        KnownCall {
            content_hash: self.content_hash,
            version,
            changed_run: run.0,
            provider_agent_id: self.agent(),
            placement: placement.to_owned(),
            reason: reason.to_owned(),
            occurred_at: self.call.occurred_at.at.as_millis(),
            status,
            is_provisional: matches!(self.call.awaits, Some(Awaited::Detail | Awaited::Analysis)),
            is_erased: false,
        }
    }
}

impl Prepared {
    /// What is fresh is looked up again inside the transaction that writes it, and what is known
    /// where other rules may have moved it since.
    fn id_to_look_up(&self, rules_version: i64) -> Option<&str> {
        let is_fresh = matches!(self.what, Prepares::Fresh(_));
        let identity = self.identity.as_ref()?;
        (is_fresh || self.rules_version != rules_version).then_some(identity.id.0.as_str())
    }

    /// What the record says, for the log when the database refuses it.
    pub fn content_hash(&self) -> Option<ContentHash> {
        match &self.what {
            Prepares::Fresh(fresh) => Some(fresh.content_hash),
            Prepares::Unreadable(record) => Some(record.content_hash),
            Prepares::Known(_) => None,
        }
    }
}
