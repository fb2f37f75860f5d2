//! A process that is killed, as seen from inside: its work is dropped wherever it stands.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is dropped after so many steps, as a killed process drops its work. Nothing comes
/// of one that was.
pub struct KilledAfter<F> {
    /// How many steps it is let take.
    pub steps: usize,
    /// What it does.
    pub work: Pin<Box<F>>,
}

impl<F: Future> Future for KilledAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, polled: &mut Context<'_>) -> Poll<Self::Output> {
        if self.steps == 0 {
            return Poll::Ready(None);
        }
        self.steps -= 1;
        self.work.as_mut().poll(polled).map(Some)
    }
}
