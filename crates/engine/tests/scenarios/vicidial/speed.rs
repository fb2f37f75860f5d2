//! What ninety days take.

use std::time::Duration;

use domain::Window;
use providers::ProbeOutcome;
use simulators::vicidial::Settings;
use testkit::{RigSettings, TestDb};
use tokio::sync::mpsc;

use super::Scene;

/// How long ninety days take, and whether any statement held the dialler up. Run by hand, in release
/// mode, since it measures the machine.
#[tokio::test]
#[ignore = "measures the machine"]
async fn ninety_days_are_read_in_five_seconds() {
    TestDb::run(testkit::Kind::Sqlite, |db| async move {
        let settings = RigSettings { calls: 50_000, days: 90, ..RigSettings::default() };
        let scene = Scene::set_with(db, Settings::default(), settings).await;
        let (pages, mut arriving) = mpsc::channel(8);
        let now = scene.rig.ctx.now();
        let began = std::time::Instant::now();
        let reading = async {
            let mut to = now;
            for _ in 0..13 {
                let from = to - Duration::from_hours(7 * 24);
                let window = Window::new(from, to).unwrap();
                scene.rig.source.connection.walk(window, &pages).await.unwrap();
                to = from;
            }
            drop(pages);
        };
        let counting = async {
            let mut count = 0;
            while let Some(page) = arriving.recv().await {
                count += page.records.len();
            }
            count
        };
        let ((), count) = tokio::join!(reading, counting);
        let took = began.elapsed();
        let probe = scene.probe("statements").await;
        eprintln!("{count} calls in {took:?}; {}", probe.sentence);
        assert_eq!(count, 50_000);
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(probe.outcome, ProbeOutcome::Right, "{}", probe.sentence);
    })
    .await;
}
