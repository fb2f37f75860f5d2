//! Questions asked of every provider there is.

/// Makes tests out of `async fn question(rig)`: one per provider and database, each with a rig of
/// its own. A provider joins every question by its line in [`crate::of_every_provider!`].
#[macro_export]
macro_rules! every_provider {
    ($($(#[doc = $doc:expr])* async fn $name:ident($rig:ident) $body:block)*) => {
        $crate::of_every_provider! {$(
            $(#[doc = $doc])*
            async fn $name(db, provider) {
                let settings = $crate::RigSettings::default();
                let $rig = $crate::Rig::set(db, provider, &settings).await;
                $body
            }
        )*}
    };
}

/// The same out of `async fn question(db, provider)`, for questions that set the rig themselves.
#[macro_export]
macro_rules! of_every_provider {
    ($($(#[doc = $doc:expr])* async fn $name:ident($db:ident, $provider:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            #[expect(clippy::allow_attributes, reason = "not every question needs everything")]
            #[allow(unused_imports)]
            use super::*;

            async fn ask($db: std::sync::Arc<$crate::TestDb>, $provider: &'static str) $body

            $crate::ask_of!(
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

#[doc(hidden)]
#[macro_export]
macro_rules! ask_of {
    ($($provider:ident,)*) => {
        $crate::on_both_databases! {$(
            async fn $provider(db) {
                ask(db, stringify!($provider)).await;
            }
        )*}
    };
}
