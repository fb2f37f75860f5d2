//! A door between our program and its database that can be shut.

use std::io;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A TCP proxy before a database; dropping it cuts every line.
#[derive(Debug)]
pub struct Gate {
    shut: Arc<watch::Sender<bool>>,
    _serving: JoinSet<()>,
}

impl Gate {
    /// Stands before the server of this address; answers the address that leads through it.
    pub async fn before(url: &str) -> io::Result<(Self, String)> {
        let (head, rest) = url.split_once('@').ok_or(io::ErrorKind::InvalidInput)?;
        let (server, path) = rest.split_once('/').ok_or(io::ErrorKind::InvalidInput)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let through = format!("{head}@{}/{path}", listener.local_addr()?);
        let (shut, is_shut) = watch::channel(false);
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, server.to_owned(), is_shut));
        Ok((Self { shut: Arc::new(shut), _serving: serving }, through))
    }

    /// Who can shut and open it.
    pub fn latch(&self) -> Arc<watch::Sender<bool>> {
        Arc::clone(&self.shut)
    }
}

async fn serve(listener: TcpListener, server: String, is_shut: watch::Receiver<bool>) {
    let mut lines = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while lines.try_join_next().is_some() {}
        // Whoever comes while it is shut is let in and sent away at once.
        if !*is_shut.borrow() {
            lines.spawn(line(client, server.clone(), is_shut.clone()));
        }
    }
}

async fn line(mut client: TcpStream, server: String, mut is_shut: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    tokio::select! {
        // However a line ends, it has ended.
        _ended = copy_bidirectional(&mut client, &mut server) => {}
        _shut = is_shut.wait_for(|is_shut| *is_shut) => {}
    }
}
