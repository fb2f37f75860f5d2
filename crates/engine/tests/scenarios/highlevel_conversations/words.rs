//! Words that come late: a transcription is asked for by its message's id until it is there or
//! nobody waits for it any more (A22).

use std::sync::Arc;
use std::time::Duration;

use simulators::NewCall;
use simulators::highlevel_conversations::{Settings, Simulator};
use store::parts::TRANSCRIPT;
use testkit::{TestDb, on_both_databases};

use super::{Scene, ago, quiet, scene};
use crate::play::{DAY, HOUR, MINUTE};

/// One call that ended before anything was read; its words come so long after its end.
async fn a_call(db: Arc<TestDb>, words_after: Duration) -> (Scene, String) {
    let settings = Settings {
        other_types_share: 0.0,
        answered_share: 1.0,
        transcribed_after_seconds: i64::try_from(words_after.as_secs()).unwrap(),
        ..quiet()
    };
    let mut id = String::new();
    let add = |simulator: &Simulator, now| {
        id = simulator.add_call(NewCall { duration: 60, ..ago(now, MINUTE * 20) });
    };
    let scene = scene(db, settings, add).await;
    scene.read_whole().await;
    (scene, id)
}

impl Scene {
    fn asked_for_words_of(&self, id: &str) -> usize {
        let path = format!("{id}/transcription");
        self.rig.provider.requests().iter().filter(|it| it.path.ends_with(&path)).count()
    }

    async fn has_words_of(&self, id: &str) -> bool {
        self.rig.calls().await[id].parts & TRANSCRIPT != 0
    }
}

on_both_databases! {
    /// Three hours pass until the words are there.
    async fn late_words_are_asked_for_until_they_are_there(db) {
        let (scene, id) = a_call(db, HOUR * 3).await;
        assert!(!scene.has_words_of(&id).await);
        for _ in 0..8 {
            scene.rig.clock.pass(HOUR);
            scene.read_whole().await;
        }
        assert!(scene.has_words_of(&id).await);
        let asked = scene.asked_for_words_of(&id);
        assert!(asked >= 2, "once in vain at least: {asked}");
        scene.rig.clock.pass(DAY);
        scene.read_whole().await;
        assert_eq!(scene.asked_for_words_of(&id), asked, "what is there is not asked for again");
    }

    /// A call that was never transcribed is given up after three days, and kept as it is.
    async fn words_that_never_come_are_given_up(db) {
        let (scene, id) = a_call(db, DAY * 300).await;
        for _ in 0..4 {
            scene.rig.clock.pass(DAY);
            scene.read_whole().await;
        }
        let asked = scene.asked_for_words_of(&id);
        assert!(asked >= 2, "{asked}");
        for _ in 0..3 {
            scene.rig.clock.pass(DAY);
            scene.read_whole().await;
        }
        assert_eq!(scene.asked_for_words_of(&id), asked, "nobody waits any more");
        assert!(!scene.has_words_of(&id).await);
    }
}
