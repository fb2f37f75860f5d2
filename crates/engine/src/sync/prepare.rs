//! The stage between fetching and writing: looks up, reads, places and packs each page.

use std::sync::Arc;

use domain::Territory;
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use store::StoreError;
use tokio::sync::{mpsc, oneshot};

use super::fetch::{Ended, Fetched};
use crate::ingest::{Codec, Completer, Prepared, RulesAt, prepare};
use crate::{Context, Source};

/// What the writer is handed, in the order it was fetched.
pub(super) enum ToWrite {
    Page(PreparedPage),
    Ended(Ended),
    Split,
    Left(u64),
    Written(oneshot::Sender<()>),
    Said { sentence: String, is_trouble: bool },
}

/// A page ready to be written.
pub(super) struct PreparedPage {
    pub(super) territory: Territory,
    pub(super) number: u64,
    pub(super) total: Option<u64>,
    pub(super) listed: u64,
    pub(super) records: Vec<Prepared>,
    /// Why some full records could not be read.
    pub(super) trouble: Option<String>,
    pub(super) took: std::time::Duration,
}

/// The codec of a source, and the samples it learns from while it has no dictionary.
pub(super) struct Packing {
    codec: Arc<Codec>,
    samples: Option<Vec<Vec<u8>>>,
}

impl Packing {
    pub(super) async fn load(ctx: &Context, source: &Source) -> Result<Self, StoreError> {
        let latest = ctx.within(ctx.store.dictionary_latest(source.row.id)).await?;
        Ok(match latest {
            Some(known) => {
                let codec = Codec::with(known.dictionary_id, &known.content);
                Self { codec: Arc::new(codec), samples: None }
            }
            None => Self { codec: Arc::new(Codec::plain()), samples: Some(Vec::new()) },
        })
    }

    /// How records are packed now.
    pub(super) fn codec(&self) -> &Codec {
        &self.codec
    }

    /// Learns from a page; once it has seen enough, a dictionary is kept and used from then on.
    async fn learn(
        &mut self,
        ctx: &Context,
        source: &Source,
        fetched: &Fetched,
    ) -> Result<(), StoreError> {
        let (Some(samples), Fetched::Page { sightings, .. }) = (&mut self.samples, fetched) else {
            return Ok(());
        };
        samples.extend(sightings.iter().map(|sighting| sighting.record.bytes.to_vec()));
        if samples.len() < crate::ingest::SAMPLES {
            return Ok(());
        }
        if let Some(content) = Codec::train(samples) {
            let id = ctx.within(keep(ctx, source, &content)).await?;
            self.codec = Arc::new(Codec::with(id, &content));
        }
        self.samples = None;
        Ok(())
    }
}

async fn keep(ctx: &Context, source: &Source, dictionary: &[u8]) -> Result<i64, StoreError> {
    let mut tx = ctx.store.begin().await?;
    let id = tx.dictionary_add(source.row.id, dictionary, ctx.now()).await?;
    tx.commit().await?;
    Ok(id)
}

/// Prepares everything that comes in, a few pages at once, and keeps their order.
pub(super) async fn prepare_all(
    ctx: Context,
    source: Source,
    rules: RulesAt,
    mut packing: Packing,
    mut from: mpsc::Receiver<Fetched>,
    to: mpsc::Sender<Result<ToWrite, StoreError>>,
) {
    let completer = Completer::asking(&ctx);
    let mut under_way = FuturesOrdered::new();
    loop {
        let has_room = under_way.len() < ctx.settings.pages_preparing;
        tokio::select! {
            Some(prepared) = under_way.next(), if !under_way.is_empty() => {
                if to.send(prepared).await.is_err() {
                    return;
                }
            }
            fetched = from.recv(), if has_room => {
                let Some(fetched) = fetched else { break };
                let learnt = packing.learn(&ctx, &source, &fetched).await;
                let codec = Arc::clone(&packing.codec);
                let one = prepare_one(&ctx, &source, &completer, &rules, codec, fetched, learnt);
                under_way.push_back(one);
            }
        }
    }
    while let Some(prepared) = under_way.next().await {
        if to.send(prepared).await.is_err() {
            return;
        }
    }
}

async fn prepare_one(
    ctx: &Context,
    source: &Source,
    completer: &Completer,
    rules: &RulesAt,
    codec: Arc<Codec>,
    fetched: Fetched,
    learnt: Result<(), StoreError>,
) -> Result<ToWrite, StoreError> {
    learnt?;
    Ok(match fetched {
        Fetched::Page { territory, number, total, listed, sightings, took } => {
            let mut whole = completer.complete(ctx, source, sightings).await?;
            let trouble = whole.trouble.take();
            let records = prepare(ctx, source, rules, &codec, whole).await?;
            ToWrite::Page(PreparedPage { territory, number, total, listed, records, trouble, took })
        }
        Fetched::Ended(ended) => ToWrite::Ended(ended),
        Fetched::Split => ToWrite::Split,
        Fetched::Left(windows) => ToWrite::Left(windows),
        Fetched::Written(told) => ToWrite::Written(told),
        Fetched::Said { sentence, is_trouble } => ToWrite::Said { sentence, is_trouble },
    })
}
