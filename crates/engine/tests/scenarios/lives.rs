//! Some lives of a source, each a week with everything that goes wrong in it; `cargo xtask
//! simulate` plays as many as there is time for, beliefs turned round among them.

use std::sync::Arc;

use testkit::lives::{Script, live};
use testkit::{TestDb, on_both_databases};

/// The first script of this provider in which every belief about it is true.
async fn lives_of(db: Arc<TestDb>, provider: &str) {
    let mut scripts = (1..).map(Script::of);
    let script = scripts.find(|it| it.provider == provider && it.switch.is_none()).unwrap();
    let lived = live(db, &script).await;
    let lived = lived.unwrap_or_else(|wrong| panic!("{wrong}\n{script:#?}"));
    assert!(lived.runs > 10 && lived.calls > 0, "{lived:?}");
}

on_both_databases! {
    /// ElevenLabs.
    async fn a_week_of_elevenlabs_loses_nothing(db) { lives_of(db, "elevenlabs").await; }
    /// HighLevel Conversations.
    async fn a_week_of_highlevel_conversations_loses_nothing(db) {
        lives_of(db, "highlevel_conversations").await;
    }
    /// HighLevel Voice AI.
    async fn a_week_of_highlevel_voice_ai_loses_nothing(db) {
        lives_of(db, "highlevel_voice_ai").await;
    }
    /// Teli.
    async fn a_week_of_teli_loses_nothing(db) { lives_of(db, "teli").await; }
    /// Twilio.
    async fn a_week_of_twilio_loses_nothing(db) { lives_of(db, "twilio").await; }
    /// ViciDial.
    async fn a_week_of_vicidial_loses_nothing(db) { lives_of(db, "vicidial").await; }
}
