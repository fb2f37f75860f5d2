//! The same questions, asked of every provider against its simulator, on both databases.
//!
//! A new provider joins with one line in [`every_provider!`].

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod changes;
mod endings;
mod refusals;

/// Makes one test per provider and database out of `async fn question(rig: Rig)`.
macro_rules! every_provider {
    ($($(#[$doc:meta])* async fn $name:ident($rig:ident) $body:block)*) => {$(
        $(#[$doc])*
        mod $name {
            #[expect(clippy::allow_attributes, reason = "not every question needs everything")]
            #[allow(unused_imports)]
            use super::*;
            async fn ask($rig: testkit::Rig) $body
            crate::ask_of!(
                elevenlabs,
                highlevel_voice_ai,
                teli,
                twilio,
                highlevel_conversations,
                vicidial,
            );
        }
    )*};
}

macro_rules! ask_of {
    ($($provider:ident,)*) => {
        testkit::on_both_databases! {$(
            async fn $provider(db) {
                let settings = testkit::RigSettings::default();
                ask(testkit::Rig::set(db, stringify!($provider), &settings).await).await;
            }
        )*}
    };
}

pub(crate) use {ask_of, every_provider};
