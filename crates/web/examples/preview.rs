//! The dashboard over ninety days of made-up calls: `cargo run -p web --example preview`.

use tokio_util::sync::CancellationToken;

#[path = "../tests/web/sample.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod sample;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "whoever starts it wants to know where it is")]
async fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let is_empty = std::env::args().any(|arg| arg == "--empty");
    let mut state = if is_empty {
        sample::empty(folder.path()).await
    } else {
        sample::usual(folder.path(), "Agent – ENG").await
    };
    state.notice = Some("Demo: these calls are simulated".to_owned());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let stop = CancellationToken::new();
    let serving = web::serve(listener, state, None, stop.clone());
    tokio::select! {
        served = serving => served,
        pressed = tokio::signal::ctrl_c() => pressed,
    }
}
