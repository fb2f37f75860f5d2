//! Ctrl-C: the first asks the work to stop and keep what it has, the second ends the program.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::mistake::Exit;
use crate::output;

/// Listens for Ctrl-C and SIGTERM for as long as it lives.
pub struct Interrupt {
    stop: CancellationToken,
    _listening: JoinSet<()>,
}

impl Interrupt {
    /// Listens from now on. `note` is said when the first one comes.
    pub fn listen(note: &'static str) -> io::Result<Self> {
        let mut signals = Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        };
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            signals.next().await;
            asked.cancel();
            if !note.is_empty() {
                output::aside(&format!("\n{note}"));
            }
            signals.next().await;
            std::process::exit(Exit::Stopped.code().into());
        });
        Ok(Self { stop, _listening: listening })
    }

    /// Cancelled by the first signal.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Whether a signal came.
    pub fn came(&self) -> bool {
        self.stop.is_cancelled()
    }
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
