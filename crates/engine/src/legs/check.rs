//! What one source names must be there in another: a check of completeness that asks nobody.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::legs::{Names, NotJudged, Outcome, judge, named_by, names_calls_of};
use domain::{Awaited, Coverage, ProviderCallId, ProviderKind, SourceId, Timestamp, Window};
use serde::Serialize;
use store::{Scope, SourceRow, SpanCall, Store, StoreError};

/// A source is checked whole, whoever its calls belong to.
const SCOPE: Scope = Scope::Operator;

const PAGE: i64 = 500;

/// What to check.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// Names said by this source only.
    pub source: Option<SourceId>,
    /// By calls of this span.
    pub window: Window,
    /// Missing calls listed of each source, at most; all are counted.
    pub listed_max: usize,
}

/// What one source's calls name, and what became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LegsReport {
    /// The source whose calls name others.
    pub source: String,
    /// What it reads.
    pub provider: ProviderKind,
    /// The first instant of the span.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Its calls in the span.
    pub calls: u64,
    /// Those whose names nobody has read, by why.
    pub unread: BTreeMap<Unread, u64>,
    /// The sources that should have what it names, beside it.
    pub beside: Pair,
}

/// Why a call's names are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// Only the list's view of it was read, and that has no names.
    DetailNotRead,
    /// It was stored before names were kept; runs of its source read them, newest first.
    StoredEarlier,
}

impl Unread {
    /// Its meaning.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::DetailNotRead => "only their line in a list was read so far, which has no names",
            Self::StoredEarlier => {
                "stored before names were kept; each sync of the source reads some, newest first"
            }
        }
    }
}

/// One source beside those of the provider whose calls it names.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// Whose calls are named.
    pub provider: ProviderKind,
    /// The sources that may have them, and how many each has.
    pub by: BTreeMap<String, u64>,
    /// Names said. Equals seen + missing + not judged.
    pub named: u64,
    /// Calls both sides have.
    pub seen: u64,
    /// Calls the other side should have and has not.
    pub missing: u64,
    /// Names nobody can judge, by why.
    pub not_judged: BTreeMap<NotJudged, u64>,
    /// The missing ones, oldest first, as many as were asked for.
    pub missing_calls: Vec<MissingLeg>,
}

/// A call one source names and the other has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingLeg {
    /// The id by which it is named.
    pub call_id: String,
    /// The call that names it.
    pub named_by: String,
    /// When that one was.
    pub at: Timestamp,
}

/// Checks what the sources' calls of a span name. It reads the database only, and changes nothing.
pub async fn check(store: &Store, options: &CheckOptions) -> Result<Vec<LegsReport>, StoreError> {
    let sources = store.sources_list().await?;
    let asked = sources.iter().filter(|row| options.source.is_none_or(|id| id == row.id));
    let mut reports = Vec::new();
    for source in asked {
        if let Some(named) = names_calls_of(source.provider) {
            let mut checking = Checking::begin(store, source, named, &sources, options).await?;
            checking.read().await?;
            reports.push(checking.report());
        }
    }
    Ok(reports)
}

/// One source being checked.
struct Checking<'a> {
    store: &'a Store,
    options: &'a CheckOptions,
    source: &'a SourceRow,
    named: ProviderKind,
    /// The sources that may have what it names.
    others: Vec<&'a SourceRow>,
    /// What each of them proved.
    ledgers: Vec<Coverage>,
    /// Where calls begin whose names are read.
    unread_before: Option<(i64, String)>,
    calls: u64,
    unread: BTreeMap<Unread, u64>,
    names: Names,
    by: BTreeMap<String, u64>,
    missing: Vec<MissingLeg>,
}

impl<'a> Checking<'a> {
    async fn begin(
        store: &'a Store,
        source: &'a SourceRow,
        named: ProviderKind,
        sources: &'a [SourceRow],
        options: &'a CheckOptions,
    ) -> Result<Self, StoreError> {
        let may_have = |row: &&SourceRow| {
            row.provider == named && (!is_highlevel(named) || row.scope == source.scope)
        };
        let others: Vec<&SourceRow> = sources.iter().filter(may_have).collect();
        let mut ledgers = Vec::with_capacity(others.len());
        for other in &others {
            ledgers.push(store.coverage_load(other.id).await?);
        }
        Ok(Self {
            store,
            options,
            source,
            named,
            by: others.iter().map(|row| (row.name.clone(), 0)).collect(),
            others,
            ledgers,
            unread_before: store.aliases_unread(source.id).await?,
            calls: 0,
            unread: BTreeMap::new(),
            names: Names::default(),
            missing: Vec::new(),
        })
    }

    /// Page by page, so that memory does not grow with the span.
    async fn read(&mut self) -> Result<(), StoreError> {
        let (source, window) = (self.source.id, self.options.window);
        let mut after: Option<(i64, String)> = None;
        loop {
            let place = after.as_ref().map(|(at, id)| (*at, id.as_str()));
            let page = self.store.calls_with_aliases(SCOPE, source, window, place, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.occurred_at, last.provider_call_id.clone()));
            self.page(&page).await?;
        }
    }

    async fn page(&mut self, page: &[SpanCall]) -> Result<(), StoreError> {
        let said = |call: &'_ SpanCall| {
            let of = call.aliases.iter();
            let of = of.filter(|alias| named_by(&alias.kind) == Some(self.named));
            of.map(|alias| alias.id.clone()).collect::<HashSet<String>>()
        };
        let said: Vec<(&SpanCall, HashSet<String>)> =
            page.iter().map(|call| (call, said(call))).collect();
        let ids: HashSet<&str> = said.iter().flat_map(|(_, ids)| ids).map(String::as_str).collect();
        let ids: Vec<&str> = ids.into_iter().collect();
        let had = self.store.calls_had_by(SCOPE, &ids).await?;
        let absent: Vec<ProviderCallId> = ids
            .iter()
            .filter(|id| !had.contains_key(**id))
            .map(|id| ProviderCallId((*id).to_owned()))
            .collect();
        let set_aside = self.set_aside(&absent).await?;
        for (call, ids) in said {
            self.calls += 1;
            if ids.is_empty() {
                self.silent(call);
            }
            for id in ids {
                self.name(call, id, &had, &set_aside);
            }
        }
        Ok(())
    }

    async fn set_aside(&self, ids: &[ProviderCallId]) -> Result<HashSet<String>, StoreError> {
        let ids: Vec<&ProviderCallId> = ids.iter().collect();
        let mut found = HashSet::new();
        for other in &self.others {
            found.extend(self.store.set_aside_of(other.id, &ids).await?.into_keys());
        }
        Ok(found)
    }

    /// A call that names nothing: it has no such name, or nobody has read it.
    fn silent(&mut self, call: &SpanCall) {
        let place = (call.occurred_at, &call.provider_call_id);
        let is_earlier = |(at, id): &(i64, String)| place < (*at, id);
        let why = if self.unread_before.as_ref().is_some_and(is_earlier) {
            Unread::StoredEarlier
        } else if call.awaits.as_deref() == Some(Awaited::Detail.as_str()) {
            Unread::DetailNotRead
        } else {
            return;
        };
        *self.unread.entry(why).or_default() += 1;
    }

    fn name(
        &mut self,
        call: &SpanCall,
        id: String,
        had: &HashMap<String, HashSet<SourceId>>,
        set_aside: &HashSet<String>,
    ) {
        let at = Timestamp::from_millis(call.occurred_at);
        let holders = had.get(&id);
        let mut is_seen = false;
        for other in &self.others {
            if holders.is_some_and(|holders| holders.contains(&other.id)) {
                *self.by.entry(other.name.clone()).or_default() += 1;
                is_seen = true;
            }
        }
        let outcome = if is_seen {
            Outcome::Seen
        } else if set_aside.contains(&id) {
            Outcome::NotJudged(NotJudged::SetAside)
        } else {
            judge(at, &self.ledgers.iter().collect::<Vec<_>>())
        };
        self.names.count(outcome);
        if outcome == Outcome::Missing && self.missing.len() < self.options.listed_max {
            let named_by = call.provider_call_id.clone();
            self.missing.push(MissingLeg { call_id: id, named_by, at });
        }
    }

    fn report(self) -> LegsReport {
        let Names { named, seen, missing, not_judged } = self.names;
        LegsReport {
            source: self.source.name.clone(),
            provider: self.source.provider,
            from: self.options.window.from(),
            to: self.options.window.to(),
            calls: self.calls,
            unread: self.unread,
            beside: Pair {
                provider: self.named,
                by: self.by,
                named,
                seen,
                missing,
                not_judged,
                missing_calls: self.missing,
            },
        }
    }
}

/// A message is of the sub-account whose call it is; a line's account is not told by its call.
fn is_highlevel(provider: ProviderKind) -> bool {
    provider == ProviderKind::HighlevelConversations
}
