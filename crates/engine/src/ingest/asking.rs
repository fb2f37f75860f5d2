//! Asking for single calls by their ids, as long as that makes sense.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::ProviderCallId;
use futures::{StreamExt, stream};
use providers::{RawRecord, SourceError};

use crate::{Context, Source};

/// One run's way of asking by id. After a refusal, or so many failures in a row, nobody is asked
/// any more: the provider would say the same about every call.
#[derive(Clone)]
pub(crate) struct Asking {
    failures: Arc<AtomicU32>,
    failures_max: u32,
}

/// A caller's own key for a call, and what the provider answered about it; `Ok(None)` also when it
/// was not asked any more.
pub(crate) type Answered<K> = (K, Result<Option<RawRecord>, SourceError>);

impl Asking {
    /// Nobody has been asked yet.
    pub fn new(ctx: &Context) -> Self {
        Self { failures: Arc::default(), failures_max: ctx.settings.failures_in_a_row }
    }

    /// Asks for these calls, as many at once as the provider allows.
    pub async fn records<K: Send + 'static>(
        &self,
        source: &Source,
        wanted: Vec<(K, ProviderCallId)>,
    ) -> Vec<Answered<K>> {
        let asked = wanted.into_iter().map(|(key, id)| {
            let (asking, source) = (self.clone(), source.clone());
            async move { (key, asking.record(&source, &id).await) }
        });
        stream::iter(asked).buffer_unordered(source.connection.concurrency()).collect().await
    }

    async fn record(
        &self,
        source: &Source,
        id: &ProviderCallId,
    ) -> Result<Option<RawRecord>, SourceError> {
        if self.failures.load(Ordering::Relaxed) >= self.failures_max {
            return Ok(None);
        }
        let answer = source.connection.record(id).await;
        match &answer {
            Ok(_) => self.failures.store(0, Ordering::Relaxed),
            Err(error) if error.needs_operator() => {
                self.failures.store(self.failures_max, Ordering::Relaxed);
            }
            Err(_) => {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
        }
        answer
    }
}
