//! Importing a file that a person exported from the provider: the same waist, and no proof.
//!
//! A file is read a batch at a time and each batch is written in one transaction, so it may be longer
//! than memory, and a run that is stopped keeps what it read. Whatever is in the file, nothing says
//! that it is all there is: no window is ever marked.

use std::collections::{BTreeMap, HashSet};
use std::io::BufRead;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use domain::{
    Conclusion, ContentHash, ProviderCallId, RunId, RunKind, Territory, Window, conclude,
};
use providers::export::{Held, Reader, Row};
use providers::{RawRecord, SourceError, parts};
use store::{Lease, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::prepare::{Packing, PreparedPage, ToWrite};
use super::report::RunReport;
use super::write::{Tally, Writer};
use super::{Phase, Progress, RunLog, SyncError, SyncOptions, lease};
use crate::ingest::{Codec, Committed, Completer, RulesAt, Sighting, foresee, prepare};
use crate::lease::keep;
use crate::{Context, Source, contacts};

/// Rows of one batch.
const ROWS: usize = 500;

/// What an import is asked to do.
pub struct ImportOptions {
    /// The file's name, for the run's own record.
    pub file: String,
    /// Read and judge everything, write nothing.
    pub is_dry_run: bool,
    /// Cancelled when somebody wants it to stop; what was read is kept.
    pub stop: CancellationToken,
    /// Where it tells how far it is.
    pub progress: Option<watch::Sender<Progress>>,
}

/// Imports every row of a file into a source.
///
/// What goes wrong with the file or at the provider is in the report; an error means that our own
/// database could not be used.
pub async fn import<R: BufRead + Send>(
    ctx: &Context,
    source: &Source,
    file: &mut Reader<R>,
    options: ImportOptions,
) -> Result<RunReport, SyncError> {
    if options.is_dry_run {
        return import_dry(ctx, source, file, &options).await;
    }
    let lease = lease::claim(ctx, source).await?;
    let report = keep(ctx, &lease, import_leased(ctx, source, file, options, &lease)).await?;
    contacts::after_run(ctx, source).await;
    Ok(report)
}

async fn import_leased<R: BufRead + Send>(
    ctx: &Context,
    source: &Source,
    file: &mut Reader<R>,
    options: ImportOptions,
    lease: &Lease,
) -> Result<RunReport, SyncError> {
    let ImportOptions { file: name, stop, progress, .. } = options;
    let options = SyncOptions { kind: RunKind::Import, stop, progress, ..SyncOptions::manual() };
    let parameters = serde_json::json!({
        "source": source.row.name, "provider": source.row.provider.as_str(),
        "scope": source.row.scope, "file": name, "isProof": false,
    });
    let mut log = RunLog::new(&source.row.name);
    let parameters = parameters.to_string();
    let begun = super::start(ctx, source, options.kind, &parameters, lease, &mut log);
    let run = ctx.within(begun).await?;
    let mut writer = Writer::new(ctx, source, &options, lease, run, log);
    match write_all(&mut writer, file).await {
        Ok(error) => writer.conclude(error, options.stop.is_cancelled()).await,
        Err(error) => Err(writer.give_up(error).await.into()),
    }
}

/// Reads and writes until the file ends. Returns what, if anything, kept it from being read on.
async fn write_all<R: BufRead + Send>(
    writer: &mut Writer<'_>,
    file: &mut Reader<R>,
) -> Result<Option<String>, StoreError> {
    let (ctx, source) = (writer.ctx, writer.source);
    writer.note(Phase::Init, NO_PROOF.to_owned());
    let (version, rules) = ctx.within(ctx.store.rules_load(source.row.id)).await?;
    let mut rules = RulesAt { version, rules };
    let packing = Packing::load(ctx, source).await?;
    let mut reading = Reading::new(ctx, source);
    let mut number = 0;
    let error = loop {
        if writer.options.stop.is_cancelled() {
            break None;
        }
        let began = Instant::now();
        let batch = match reading.batch(file).await? {
            Ok(batch) if batch.is_empty() => break None,
            Ok(batch) => batch,
            Err(why) => break Some(why),
        };
        number += 1;
        let listed = batch.len() as u64;
        let window = span(&batch, ctx.now());
        let records = prepare(ctx, source, &rules, packing.codec(), batch.into()).await?;
        let territory = Territory { window, from: window.from(), to: window.to() };
        let took = began.elapsed();
        let page =
            PreparedPage { territory, number, total: None, listed, records, trouble: None, took };
        writer.write_group(vec![ToWrite::Page(page)], &mut rules).await?;
        writer.tell();
    };
    let (lines, headers) = (file.lines(), file.headers_repeated());
    let headers = if headers > 0 {
        format!("; its header came {headers} more times, which are no rows")
    } else {
        String::new()
    };
    writer.note(Phase::Api, format!("{lines} lines of the file were read{headers}"));
    Ok(error)
}

/// What every import says of itself.
const NO_PROOF: &str = "This run imports a file. A file proves nothing, because nothing in it says that \
                        it is all there is: no window is marked as covered by it";

/// The same reading and the same judgement, without writing.
async fn import_dry<R: BufRead + Send>(
    ctx: &Context,
    source: &Source,
    file: &mut Reader<R>,
    options: &ImportOptions,
) -> Result<RunReport, SyncError> {
    let started = ctx.now();
    let (version, rules) = ctx.store.rules_load(source.row.id).await?;
    let rules = RulesAt { version, rules };
    let (codec, mut reading) = (Codec::plain(), Reading::new(ctx, source));
    let mut tally = Tally::default();
    // A run would know by now what an earlier batch brought.
    let mut brought: HashSet<ContentHash> = HashSet::new();
    let mut error = None;
    while !options.stop.is_cancelled() {
        let mut batch = match reading.batch(file).await? {
            Ok(batch) if batch.is_empty() => break,
            Ok(batch) => batch,
            Err(why) => {
                error = Some(why);
                break;
            }
        };
        tally.accounts.listed += batch.len() as u64;
        tally.pages += 1;
        let ids = batch.iter().map(|it| it.id().map(|id| ContentHash::of(id.as_bytes())));
        let ids: Vec<Option<ContentHash>> = ids.collect();
        for (sighting, id) in batch.iter_mut().zip(&ids) {
            sighting.is_repeated = id.is_some_and(|id| brought.contains(&id));
        }
        brought.extend(ids.into_iter().flatten());
        let mut batch = prepare(ctx, source, &rules, &codec, batch.into()).await?;
        foresee(ctx, source, &mut batch).await?;
        tally.add(&Committed::foreseen(RunId(-1), &batch));
    }
    let was_cancelled = options.stop.is_cancelled();
    tally.what = Conclusion { was_cancelled, has_erred: error.is_some(), ..Conclusion::default() };
    let status = conclude(&tally.accounts, tally.what);
    let took = ctx.now().since(started);
    Ok(RunReport::new(None, &tally, status, error, was_cancelled, took, &source.connection))
}

/// What reading a batch needs.
struct Reading<'a> {
    ctx: &'a Context,
    source: &'a Source,
    completer: Completer,
    /// Why the file cannot be read on, once what came before has been handed on.
    trouble: Option<String>,
}

/// What is held of a source's calls.
pub(crate) struct Ours<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) source: &'a Source,
}

impl<'a> Reading<'a> {
    fn new(ctx: &'a Context, source: &'a Source) -> Self {
        Self { ctx, source, completer: Completer::looking(), trouble: None }
    }

    /// The next rows as records, each put beside what is held of its call; none at the end. The
    /// inner error says why the file cannot be read on.
    async fn batch<R: BufRead + Send>(
        &mut self,
        file: &mut Reader<R>,
    ) -> Result<Result<Vec<Sighting>, String>, StoreError> {
        if let Some(trouble) = self.trouble.take() {
            return Ok(Err(trouble));
        }
        let rows = self.rows(file);
        if let (true, Some(trouble)) = (rows.is_empty(), self.trouble.take()) {
            return Ok(Err(trouble));
        }
        let ours = Ours { ctx: self.ctx, source: self.source };
        let records = match self.source.connection.import(&rows, &ours).await {
            Ok(records) => records,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let sightings = together(records);
        Ok(Ok(self.completer.complete(self.ctx, self.source, sightings).await?.sightings))
    }

    /// Rows up to a batch, or up to where the file cannot be read on.
    fn rows<R: BufRead + Send>(&mut self, file: &mut Reader<R>) -> Vec<Row> {
        let mut rows = Vec::new();
        while rows.len() < ROWS {
            match file.next_row() {
                Ok(Some(row)) => rows.push(row),
                Ok(None) => break,
                Err(trouble) => {
                    self.trouble = Some(trouble.to_string());
                    break;
                }
            }
        }
        rows
    }
}

#[async_trait]
impl Held for Ours<'_> {
    async fn beginning(&self, start: &str) -> Result<Vec<ProviderCallId>, SourceError> {
        let asked = self.ctx.store.calls_beginning(self.source.row.id, start);
        match self.ctx.within(asked).await {
            Ok(ids) => Ok(ids.into_iter().map(ProviderCallId).collect()),
            Err(error) => Err(SourceError::Unavailable {
                request: "our own database".to_owned(),
                what: error.to_string(),
                attempts: 1,
                wait: None,
            }),
        }
    }
}

/// Several rows may speak of one call; each record of it then says what all of them say, so that
/// the order of rows means nothing.
fn together(records: Vec<RawRecord>) -> Vec<Sighting> {
    let mut of_calls: BTreeMap<ProviderCallId, Bytes> = BTreeMap::new();
    for record in &records {
        if let Ok(identity) = &record.identity {
            let all = of_calls.entry(identity.id.clone()).or_default();
            *all = if all.is_empty() {
                record.bytes.clone()
            } else {
                parts::merge(all, record.bytes.clone())
            };
        }
    }
    let whole = |mut record: RawRecord| {
        if let Some(all) = record.identity.as_ref().ok().and_then(|it| of_calls.get(&it.id)) {
            record.bytes = all.clone();
        }
        Sighting::new(record, false)
    };
    records.into_iter().map(whole).collect()
}

/// From when to when the calls of a batch are; now, where no row says.
fn span(batch: &[Sighting], now: domain::Timestamp) -> Window {
    let times =
        || batch.iter().filter_map(|it| Some(it.record.identity.as_ref().ok()?.occurred_at));
    let (from, to) = (times().min().unwrap_or(now), times().max().unwrap_or(now));
    let millisecond = Duration::from_millis(1);
    Window::new(from, to + millisecond).expect("the latest is not before the earliest")
}
