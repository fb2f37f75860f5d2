//! A TCP connection that can be cut in the middle of an answer.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// An orderly close.
    Close,
    /// A reset.
    Reset,
}

/// The handle by which a request's handler cuts its own connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Arc<Mutex<Option<Plan>>>);

#[derive(Debug)]
struct Plan {
    cut: Cut,
    body_bytes_left: usize,
    is_head_sent: bool,
}

impl Line {
    /// Lets the head and this many bytes of the body pass, then ends the connection. With no bytes
    /// left, not even the head is sent.
    pub(super) fn cut_after(&self, body_bytes: usize, cut: Cut) {
        *self.lock() = Some(Plan { cut, body_bytes_left: body_bytes, is_head_sent: false });
    }

    fn lock(&self) -> MutexGuard<'_, Option<Plan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// How much of the bytes about to be written may pass.
    fn allowed(&self, bytes: &[u8]) -> usize {
        if self.body_bytes_left == 0 {
            return 0;
        }
        let head = if self.is_head_sent { 0 } else { head_len(bytes) };
        bytes.len().min(head + self.body_bytes_left)
    }

    fn passed(&mut self, written: &[u8]) {
        let head = if self.is_head_sent { 0 } else { head_len(written) };
        self.is_head_sent |= head > 0 && written[..head].ends_with(b"\r\n\r\n");
        self.body_bytes_left -= written.len() - head;
    }
}

/// The length of the head at the start of these bytes; all of them when it goes on.
fn head_len(bytes: &[u8]) -> usize {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    end.map_or(bytes.len(), |at| at + 4)
}

/// A listener whose connections are [`Line`]s.
pub(super) struct Lines(pub(super) TcpListener);

impl Listener for Lines {
    type Io = Wired;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wired, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Without it small answers wait for a timer; a socket that refuses is merely slower.
        let undelayed = stream.set_nodelay(true);
        debug_assert!(undelayed.is_ok(), "a loopback socket takes the option");
        let line = Line::default();
        (Wired { stream, line }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().line.clone()
    }
}

/// A stream that obeys its line.
pub(super) struct Wired {
    stream: TcpStream,
    line: Line,
}

impl Wired {
    fn write_some(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut plan = self.line.lock();
        let Some(plan) = plan.as_mut() else {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        };
        let allowed = plan.allowed(bytes);
        if allowed == 0 {
            if plan.cut == Cut::Reset {
                self.stream.set_zero_linger()?;
            }
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..allowed]);
        if let Poll::Ready(Ok(written)) = written {
            plan.passed(&bytes[..written]);
        }
        written
    }
}

impl AsyncWrite for Wired {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_some(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.line.lock().is_none() {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        }
        let first = slices.iter().find(|slice| !slice.is_empty());
        self.write_some(cx, first.map_or(&[], |slice| &slice[..]))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Wired {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}
