//! Asking for single calls by their ids, as long as that makes sense.

use std::sync::{Arc, Mutex, PoisonError};

use domain::ProviderCallId;
use futures::{StreamExt, stream};
use providers::{RawRecord, SourceError};

use crate::{Context, Source};

/// One run's way of asking by id. After a refusal, or so many failures in a row, nobody is asked
/// any more: the provider would say the same about every call.
#[derive(Clone)]
pub(crate) struct Asking {
    met: Arc<Mutex<Met>>,
    failures_max: u32,
}

/// What was met so far.
#[derive(Default)]
struct Met {
    failures: u32,
    /// Why nobody is asked any more.
    end: Option<String>,
}

/// What is known of a call that was to be asked for.
pub(crate) enum Answer {
    /// The provider has it.
    Record(RawRecord),
    /// The provider does not know it.
    Unknown,
    /// It could not be asked.
    Failed(SourceError),
    /// Nobody asked, because of what earlier calls met.
    NotAsked(String),
}

impl Answer {
    /// Why there is none.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Failed(error) => Some(error.to_string()),
            Self::NotAsked(why) => Some(why.clone()),
            Self::Record(_) | Self::Unknown => None,
        }
    }

    /// What came.
    pub fn record(self) -> Option<RawRecord> {
        if let Self::Record(record) = self { Some(record) } else { None }
    }
}

/// A caller's own key for a call, and what is known of it.
pub(crate) type Answered<K> = (K, Answer);

impl Asking {
    /// Nobody has been asked yet.
    pub fn new(ctx: &Context) -> Self {
        Self { met: Arc::default(), failures_max: ctx.settings.failures_in_a_row }
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

    async fn record(&self, source: &Source, id: &ProviderCallId) -> Answer {
        if let Some(why) = self.end() {
            return Answer::NotAsked(why);
        }
        let answer = source.connection.record(id).await;
        self.note(answer.as_ref().err());
        match answer {
            Ok(Some(record)) => Answer::Record(record),
            Ok(None) => Answer::Unknown,
            Err(error) => Answer::Failed(error),
        }
    }

    fn end(&self) -> Option<String> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).end.clone()
    }

    fn note(&self, error: Option<&SourceError>) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(error) = error else {
            met.failures = 0;
            return;
        };
        met.failures += 1;
        if error.needs_operator() || met.failures >= self.failures_max {
            met.end.get_or_insert_with(|| format!("nobody was asked any more, for {error}"));
        }
    }
}
