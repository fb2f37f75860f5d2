//! Tokens that change: refreshed once, stored before use, and never given up by mistake (A26).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use domain::RunStatus;
use engine::Source;
use engine::sync::{RunReport, SyncOptions, sync};
use engine::vault::{SourceVault, VaultKey};
use providers::{Credential, TokenPair, TokenVault, VaultError};
use secrecy::{ExposeSecret, SecretString};
use simulators::faults::{On, What};
use simulators::highlevel_voice_ai::Install;
use testkit::{Stage, TestDb, on_both_databases};

use crate::play::*;

/// The vault of the program, watched.
struct Watched {
    vault: SourceVault,
    saves: AtomicUsize,
    is_full: AtomicBool,
}

#[async_trait]
impl TokenVault for Watched {
    async fn load(&self) -> Result<Option<TokenPair>, VaultError> {
        self.vault.load().await
    }

    async fn save(&self, pair: &TokenPair) -> Result<(), VaultError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(VaultError { why: "the disk is full".to_owned() });
        }
        self.vault.save(pair).await?;
        self.saves.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn vault(stage: &Stage) -> Arc<Watched> {
    let key = VaultKey::new([7; 32]);
    let (store, wait) = (stage.ctx.store.clone(), stage.ctx.wait.clone());
    let vault = SourceVault::new(store, stage.source.row.id, key, wait);
    Arc::new(Watched { vault, saves: AtomicUsize::new(0), is_full: AtomicBool::new(false) })
}

/// An app installed in the sub-account, read through this vault.
async fn app(stage: &Stage, install: &Install, vault: &Arc<Watched>) -> Source {
    let credential = Credential::OAuth {
        client_id: install.client_id.clone(),
        client_secret: SecretString::from(install.client_secret.clone()),
        refresh_token: SecretString::from(install.refresh_token.clone()),
        vault: vault.clone(),
    };
    stage.with_credential(credential).await
}

async fn installed(db: Arc<TestDb>) -> (Stage, Install, Arc<Watched>) {
    let stage = stage(db, |_| {}).await;
    let (install, vault) = (stage.simulator.install(), vault(&stage));
    (stage, install, vault)
}

async fn read(stage: &Stage, source: &Source) -> RunReport {
    let report = sync(&stage.ctx, source, SyncOptions::manual()).await.unwrap();
    balanced(&report);
    report
}

fn refreshes(stage: &Stage) -> usize {
    stage.simulator.requests().iter().filter(|it| it.path == "/oauth/token").count()
}

async fn kept_refresh_token(vault: &Watched) -> Option<String> {
    let pair = vault.load().await.unwrap();
    pair.map(|pair| pair.refresh_token.expose_secret().to_owned())
}

on_both_databases! {
    /// Many requests at once need a token, and one refresh serves them all.
    async fn many_requests_refresh_once(db) {
        let (stage, install, vault) = installed(db).await;
        let source = app(&stage, &install, &vault).await;
        let report = read(&stage, &source).await;
        assert!(report.success, "{report:#?}");
        stage.assert_equals_truth().await;
        assert_eq!((refreshes(&stage), vault.saves.load(Ordering::SeqCst)), (1, 1));

        // A day later the access token is dead, and again one refresh serves all.
        stage.clock.pass(DAY * 2);
        let report = read(&stage, &source).await;
        assert!(report.success, "{report:#?}");
        assert_eq!((refreshes(&stage), vault.saves.load(Ordering::SeqCst)), (2, 2));
    }

    /// The access token is refused in the middle of a run.
    async fn a_token_refused_in_mid_run_is_refreshed_once(db) {
        let (stage, install, vault) = installed(db).await;
        let source = app(&stage, &install, &vault).await;
        read(&stage, &source).await;
        let pair = vault.load().await.unwrap().unwrap();
        stage.simulator.revoke(pair.access_token.expose_secret());
        let options = SyncOptions { asked: domain::Window::new(stage.source.row.since, stage.ctx.now()).ok(), ..SyncOptions::manual() };
        let report = sync(&stage.ctx, &source, options).await.unwrap();
        balanced(&report);
        assert!(report.success, "{report:#?}");
        assert_eq!(refreshes(&stage), 2);
    }

    /// A pair that could not be stored is not used, because a crash would lose it; nor is it
    /// thrown away, because the token it came for is spent.
    async fn a_pair_that_cannot_be_stored_waits_until_it_can(db) {
        let (stage, install, vault) = installed(db).await;
        vault.is_full.store(true, Ordering::SeqCst);
        let source = app(&stage, &install, &vault).await;
        let report = read(&stage, &source).await;
        ended(&report, RunStatus::Failed, &["could not be kept", "the disk is full"]);
        nothing_is_covered(&stage).await;
        assert!(stage.simulator.requests().iter().all(|request| request.path == "/oauth/token"));

        vault.is_full.store(false, Ordering::SeqCst);
        let report = read(&stage, &source).await;
        assert!(report.success, "{report:#?}");
        assert_eq!(refreshes(&stage), 1, "the pair that waited is the one that is used");
        stage.assert_equals_truth().await;
    }

    /// Another process takes up the stored pair, though its configuration has the first token.
    async fn another_process_takes_up_the_stored_pair(db) {
        let (mut stage, install, vault) = installed(db).await;
        let source = app(&stage, &install, &vault).await;
        assert!(read(&stage, &source).await.success);
        stage.another_process().await;
        stage.clock.pass(DAY * 2);
        let vault = self::vault(&stage);
        let source = app(&stage, &install, &vault).await;
        let report = read(&stage, &source).await;
        assert!(report.success, "{report:#?}");
        assert_ne!(kept_refresh_token(&vault).await.as_ref(), Some(&install.refresh_token));
    }

    /// The refresh token was used by somebody else: only a new installation helps.
    async fn a_used_refresh_token_asks_for_a_new_installation(db) {
        let (stage, install, vault) = installed(db).await;
        stage.simulator.revoke(&install.refresh_token);
        let source = app(&stage, &install, &vault).await;
        let report = read(&stage, &source).await;
        ended(&report, RunStatus::Failed, &["Invalid grant", "install the app again"]);
        assert!(refreshes(&stage) <= 4, "no retry storm: {}", refreshes(&stage));
        nothing_is_covered(&stage).await;

        let again = stage.simulator.install();
        let source = app(&stage, &again, &vault).await;
        assert!(read(&stage, &source).await.success);
        stage.assert_equals_truth().await;
    }

    /// A paused sub-account gives no token, and the one we have survives.
    async fn a_paused_location_keeps_the_refresh_token(db) {
        let (stage, install, vault) = installed(db).await;
        let source = app(&stage, &install, &vault).await;
        assert!(read(&stage, &source).await.success);
        let kept = kept_refresh_token(&vault).await;
        stage.clock.pass(DAY * 2);
        stage.simulator.set_location_active(false);
        let report = read(&stage, &source).await;
        ended(&report, RunStatus::Failed, &["Location is not active", "The refresh token is kept"]);
        assert_eq!(kept_refresh_token(&vault).await, kept);

        stage.simulator.set_location_active(true);
        let report = read(&stage, &source).await;
        assert!(report.success, "{report:#?}");
        stage.assert_equals_truth().await;
    }

    /// A missing scope answers 401 as well, and no refresh can help.
    async fn a_missing_scope_refreshes_nothing(db) {
        let (stage, install, vault) = installed(db).await;
        let body = r#"{"statusCode":401,"message":"The token is not authorized for this scope."}"#;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::status(401, body)));
        let source = app(&stage, &install, &vault).await;
        let report = read(&stage, &source).await;
        ended(&report, RunStatus::Failed, &["may not do this", "voice-ai-dashboard.readonly"]);
        assert_eq!(refreshes(&stage), 1, "the first token, and no other");
    }

    /// The provider refuses every token: refreshed once, not for ever.
    async fn a_token_refused_for_ever_is_not_refreshed_for_ever(db) {
        let (stage, install, vault) = installed(db).await;
        let body = r#"{"statusCode":401,"message":"Invalid JWT"}"#;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::status(401, body)));
        let source = app(&stage, &install, &vault).await;
        let report = read(&stage, &source).await;
        ended(&report, RunStatus::Failed, &["refused our token"]);
        assert!(refreshes(&stage) <= 4, "{} refreshes", refreshes(&stage));
        nothing_is_covered(&stage).await;
    }
}
