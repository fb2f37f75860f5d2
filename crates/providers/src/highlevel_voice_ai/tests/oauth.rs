//! Tokens that change: one renewal at a time, and none lost.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{ProviderCallId, Timestamp};
use futures::FutureExt;
use secrecy::{ExposeSecret, SecretString};

use super::{NOON, Settings, client};
use crate::highlevel_voice_ai::Client;
use crate::testing::{Received, Reply, Server};
use crate::{Credential, SourceError, TokenPair, TokenVault, VaultError};

const TOKEN: &str = include_str!("../fixtures/token.json");

#[derive(Default)]
struct Vault {
    pair: Mutex<Option<TokenPair>>,
    is_broken: bool,
}

impl Vault {
    fn holding(access: &str, refresh: &str, lasts: Duration) -> Arc<Self> {
        let pair = TokenPair {
            access_token: access.into(),
            refresh_token: refresh.into(),
            expires_at: Timestamp::parse(NOON).unwrap() + lasts,
        };
        Arc::new(Self { pair: Mutex::new(Some(pair)), is_broken: false })
    }

    fn refresh_token(&self) -> Option<String> {
        let pair = self.pair.lock().unwrap();
        pair.as_ref().map(|pair| pair.refresh_token.expose_secret().to_owned())
    }
}

#[async_trait]
impl TokenVault for Vault {
    async fn load(&self) -> Result<Option<TokenPair>, VaultError> {
        Ok(self.pair.lock().unwrap().clone())
    }

    async fn save(&self, pair: &TokenPair) -> Result<(), VaultError> {
        if self.is_broken {
            return Err(VaultError { why: "the disk is full".to_owned() });
        }
        *self.pair.lock().unwrap() = Some(pair.clone());
        Ok(())
    }
}

fn app(server: &Server, vault: &Arc<Vault>) -> Client {
    let credential = Credential::OAuth {
        client_id: "app".to_owned(),
        client_secret: SecretString::from("app-secret"),
        refresh_token: SecretString::from("refresh-1"),
        vault: vault.clone(),
    };
    client(server, Settings::new("LOC"), credential)
}

async fn ask(client: &Client) -> Result<(), SourceError> {
    client.call(&ProviderCallId("a".to_owned())).await.map(|_| ())
}

/// Accepts `access-2` only, and renews `refresh-1` only.
fn honest(request: &Received) -> Reply {
    if request.line.starts_with("POST /oauth/token") {
        return if request.body.contains("refresh_token=refresh-1") {
            Reply::json(200, TOKEN)
        } else {
            Reply::json(400, r#"{"message":"Invalid grant: refresh token is invalid"}"#)
        };
    }
    if request.head.contains("authorization: bearer access-2") {
        return Reply::json(200, r#"{"id":"a","createdAt":"2026-02-01T12:00:00Z"}"#);
    }
    Reply::json(401, r#"{"message":"Invalid JWT"}"#)
}

fn renewals(server: &Server) -> usize {
    server.received().iter().filter(|request| request.line.starts_with("POST")).count()
}

#[tokio::test]
async fn many_requests_share_one_renewal() {
    let server = Server::start(honest).await;
    let vault = Arc::new(Vault::default());
    let client = app(&server, &vault);
    let all = futures::future::join_all((0..20).map(|_| ask(&client))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(renewals(&server), 1);
    assert_eq!(vault.refresh_token().as_deref(), Some("refresh-2"));
    let posted = &server.received()[0];
    for field in ["client_id=app", "client_secret=app-secret", "grant_type=refresh_token"] {
        assert!(posted.body.contains(field), "{}", posted.body);
    }
}

#[tokio::test]
async fn a_good_pair_in_the_vault_is_used_as_it_is() {
    let server = Server::start(honest).await;
    let client = app(&server, &Vault::holding("access-2", "gone", Duration::from_hours(1)));
    ask(&client).await.unwrap();
    assert_eq!(renewals(&server), 0);
}

#[tokio::test]
async fn a_token_is_renewed_a_minute_before_it_ends() {
    let server = Server::start(honest).await;
    let client = app(&server, &Vault::holding("access-1", "refresh-1", Duration::from_secs(59)));
    ask(&client).await.unwrap();
    assert_eq!(renewals(&server), 1);
    assert_eq!(server.received().len(), 2, "the old token was not tried");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let server = Server::start(honest).await;
    let client = app(&server, &Vault::holding("access-1", "refresh-1", Duration::from_hours(9)));
    let all = futures::future::join_all((0..5).map(|_| ask(&client))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(renewals(&server), 1);
}

#[tokio::test]
async fn a_missing_scope_or_version_never_renews() {
    for said in ["The token is not authorized for this scope.", "version header is invalid"] {
        let reply = Reply::json(401, format!(r#"{{"message":"{said}"}}"#));
        let server = Server::saying(vec![reply]).await;
        let client = app(&server, &Vault::holding("access", "refresh-1", Duration::from_hours(9)));
        assert!(ask(&client).await.is_err());
        assert_eq!(renewals(&server), 0);
    }
}

#[tokio::test]
async fn a_pair_that_cannot_be_kept_is_not_used() {
    let server = Server::start(honest).await;
    let vault = Arc::new(Vault { is_broken: true, ..Vault::default() });
    let error = ask(&app(&server, &vault)).await.unwrap_err();
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert_eq!(server.received().len(), 1, "only the renewal went out");
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_lose_the_pair() {
    let server = Server::start(honest).await;
    let vault = Arc::new(Vault::default());
    let client = app(&server, &vault);
    assert!(ask(&client).now_or_never().is_none(), "it asks, and goes away");
    ask(&client).await.unwrap();
    assert_eq!(renewals(&server), 1);
}

#[tokio::test]
async fn a_dead_refresh_token_says_install_again_and_a_newly_set_one_is_tried() {
    let server = Server::start(honest).await;
    let dead = Vault::holding("access-1", "used-up", Duration::ZERO);
    ask(&app(&server, &dead)).await.unwrap();
    assert_eq!(dead.refresh_token().as_deref(), Some("refresh-2"));

    let body = r#"{"message":"Invalid grant: refresh token is invalid"}"#;
    let server = Server::saying(vec![Reply::json(400, body)]).await;
    let vault = Vault::holding("access-1", "refresh-1", Duration::ZERO);
    let error = ask(&app(&server, &vault)).await.unwrap_err();
    assert!(matches!(error, SourceError::Unauthorised { .. }));
    assert!(error.to_string().contains("install the app again"), "{error}");
}

#[tokio::test]
async fn a_pair_that_another_process_got_first_is_taken_over() {
    let vault = Vault::holding("access-1", "used-by-them", Duration::ZERO);
    let theirs = vault.clone();
    let server = Server::start(move |request| {
        if request.line.starts_with("POST") {
            let pair = Vault::holding("access-2", "theirs", Duration::from_hours(24));
            *theirs.pair.lock().unwrap() = pair.pair.lock().unwrap().take();
        }
        honest(request)
    })
    .await;
    ask(&app(&server, &vault)).await.unwrap();
    assert_eq!(vault.refresh_token().as_deref(), Some("theirs"));
    assert_eq!(renewals(&server), 1);
}

#[tokio::test]
async fn a_paused_sub_account_keeps_its_refresh_token() {
    let server =
        Server::saying(vec![Reply::json(400, r#"{"message":"Location is not active"}"#)]).await;
    let vault = Vault::holding("access-1", "refresh-1", Duration::ZERO);
    let error = ask(&app(&server, &vault)).await.unwrap_err();
    assert!(error.to_string().contains("paused or unpaid"), "{error}");
    assert_eq!(vault.refresh_token().as_deref(), Some("refresh-1"));
}
