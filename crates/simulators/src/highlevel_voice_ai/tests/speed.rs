use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::super::Settings;
use super::{NOW, Stage, stage};
use crate::probe::receive;

#[tokio::test]
#[ignore = "a measurement, to be run in release and read by a person"]
async fn pages_of_two_hundred_thousand_calls() {
    const CALLS: usize = 200_000;
    let settings = Settings { rate_limit: None, ..Settings::default() };
    let begun = Instant::now();
    let stage = stage(CALLS, settings).await;
    eprintln!("generated in {:?}", begun.elapsed());
    let begun = Instant::now();
    stage.simulator.prerender();
    eprintln!("rendered in {:?}", begun.elapsed());

    serve(&stage, CALLS / 50, "").await;
    // One call that is not listed yet makes every answer look at each call of its range.
    let id = stage.simulator.truth()[0].id.clone();
    stage.simulator.mutate(|world| world.hide_until(&id, NOW * 2));
    stage.simulator.prerender();
    let last_days = format!("startDate={}&endDate={NOW}", NOW - 3 * 86_400_000);
    serve(&stage, 300, &last_days).await;
}

async fn serve(stage: &Stage, pages: usize, query: &str) {
    let url = stage.simulator.base_url();
    let token = stage.simulator.token();
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    let (begun, mut bytes) = (Instant::now(), 0);
    for page in 1..=pages {
        let sort = "pageSize=50&sortBy=createdAt&sort=ascend";
        let target = stage.logs(&format!("{query}&{sort}&page={page}"));
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             version: v3\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        bytes += receive(&mut stream).await.unwrap().body.len();
    }
    let took = begun.elapsed();
    let rate = (pages * 50) as f64 / took.as_secs_f64();
    eprintln!("served {bytes} bytes in {took:?}: {rate:.0} calls/s on one connection");
}
