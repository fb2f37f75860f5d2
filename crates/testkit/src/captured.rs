//! What a program logs, as text.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Everything logged in this process since it was first asked for: our own crates at every level,
/// those of others as far as the program lets them through at its most talkative.
#[derive(Debug, Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// Begins to capture, once for the whole process, whoever asks first.
    pub fn here(ours: &[&'static str]) -> &'static Self {
        static HERE: OnceLock<Captured> = OnceLock::new();
        HERE.get_or_init(|| {
            let captured = Self::default();
            let ours = ours.iter().map(|name| (*name, LevelFilter::TRACE));
            let levels = Targets::new().with_default(LevelFilter::INFO).with_targets(ours);
            let writer = captured.clone();
            let layer = fmt::layer().with_ansi(false).with_span_events(FmtSpan::FULL);
            let layer = layer.with_writer(move || writer.clone());
            // For all, not for the one layer, as the program does.
            tracing_subscriber::registry().with(levels).with(layer).init();
            captured
        })
    }

    /// All of it so far.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
