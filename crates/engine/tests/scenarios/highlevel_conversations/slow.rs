//! Whoever writes takes longer over a page than a cursor lives (A7).

use std::sync::Arc;

use domain::{Timestamp, Window};
use engine::Source;
use providers::{Page, Walked};
use simulators::highlevel_conversations::Settings;
use testkit::{TestDb, on_both_databases};
use tokio::sync::mpsc;

use super::{Scene, quiet, scene};
use crate::play::{DAY, MINUTE};

/// A sub-account whose channel shows at once that it holds more than plain calls.
async fn a_scene(db: Arc<TestDb>) -> Scene {
    scene(db, Settings { other_types_share: 1.0, ..quiet() }, |_, _| ()).await
}

impl Scene {
    fn list_requests(&self) -> usize {
        let requests = self.rig.provider.requests();
        requests.iter().filter(|it| it.path.contains("messages/export")).count()
    }

    /// Walks everything; nothing is taken before so many pages were asked for, and then three
    /// minutes pass over each of the first pages. The last number is how many were asked for.
    async fn walk_slowly(
        &self,
        source: &Source,
        asked_first: usize,
        slow: usize,
    ) -> (Walked, Vec<Page>, usize) {
        source.connection.calibrate().await.unwrap();
        let before = self.list_requests();
        let now: Timestamp = self.rig.ctx.now();
        let window = Window::new(now - DAY * 30, now).unwrap();
        let (pages, mut arriving) = mpsc::channel(1);
        let walking = async {
            let walked = source.connection.walk(window, &pages).await.unwrap();
            drop(pages);
            walked
        };
        let taking = async {
            while self.list_requests() - before < asked_first {
                tokio::task::yield_now().await;
            }
            let mut taken = Vec::new();
            while let Some(page) = arriving.recv().await {
                if taken.len() < slow {
                    self.rig.clock.pass(MINUTE * 3);
                }
                taken.push(page);
            }
            taken
        };
        let both = async { tokio::join!(walking, taking) };
        let (walked, taken) =
            tokio::time::timeout(MINUTE, both).await.expect("the list comes to its end");
        (walked, taken, self.list_requests() - before)
    }

    fn has_all(&self, walked: &Walked, pages: &[Page]) {
        let calls = self.rig.truth().len() as u64;
        assert_eq!(*walked, Walked::Whole { distinct: calls, total: Some(calls) });
        let fresh = pages.iter().flat_map(|page| &page.records).filter(|(_, again)| !again);
        assert_eq!(fresh.count() as u64, calls);
    }
}

on_both_databases! {
    /// Pages are asked for while others wait, so the list was read before its cursor died.
    async fn a_slow_writer_does_not_keep_the_list_waiting(db) {
        let scene = a_scene(db).await;
        let pages = scene.rig.truth().len().div_ceil(10);
        let source = scene.told(|_| ());
        let (walked, taken, asked) = scene.walk_slowly(&source, pages, pages).await;
        scene.has_all(&walked, &taken);
        assert_eq!(asked, pages, "each page once");
    }

    /// Where too few pages may wait, the list is begun anew once there is room, and read whole.
    async fn a_list_that_waited_too_long_is_begun_anew(db) {
        let scene = a_scene(db).await;
        let pages = scene.rig.truth().len().div_ceil(10);
        let source = scene.told(|told| told.pages_ahead = 3);
        // One page has been handed over, and three wait.
        let (walked, taken, asked) = scene.walk_slowly(&source, 4, 1).await;
        scene.has_all(&walked, &taken);
        assert!(asked > pages);
    }
}
