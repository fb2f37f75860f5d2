//! An identity provider, faked on loopback from OpenID Connect Core 1.0, OpenID Connect Discovery 1.0,
//! RFC 6749, RFC 7517 and RFC 7636, and never from our client: it checks what it is sent as those have
//! it, and can be told to answer wrongly.

mod keys;
mod serving;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use domain::Clock as _;
use serde_json::{Value, json};
use testkit::HandClock;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use keys::Key;

/// How our service is registered there. Letters that are written otherwise in a form are among them.
pub const CLIENT_ID: &str = "everycall+test";
pub const CLIENT_SECRET: &str = "hush:hush/hush+%25 x";
/// Where people are sent back to.
pub const BACK: &str = "http://127.0.0.1:7070/sign-in/openid-connect/callback";

/// Somebody who is signed in there.
#[derive(Debug, Clone)]
pub struct Somebody {
    pub subject: String,
    pub email: Option<String>,
    /// Whether it says so at all, and what.
    pub is_verified: Option<bool>,
}

impl Somebody {
    pub fn of(subject: &str, email: &str) -> Self {
        let (subject, email) = (subject.to_owned(), Some(email.to_owned()));
        Self { subject, email, is_verified: Some(true) }
    }
}

/// What it does otherwise than it should, or than most do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twist {
    /// The signature is of other bytes.
    Signature,
    /// Signed by a key of somebody else, under the name of the right one.
    Key,
    /// Signed by a key that is published nowhere.
    UnknownKey,
    /// `alg: none`, and no signature.
    Unsigned,
    /// HS256 with the client's secret.
    ByClientSecret,
    /// For another client.
    Audience,
    /// For us and another client.
    TwoAudiences,
    /// Of another sign-in.
    Nonce,
    /// Of no sign-in.
    NoNonce,
    /// It holds no more.
    Expired,
    /// From another issuer.
    Issuer,
    /// A subject longer than there is.
    Subject,
    /// There is no ID token in the answer.
    NoIdToken,
    /// The code is refused.
    Refuses,
    /// Tells the address at the userinfo endpoint alone.
    AddressElsewhere,
    /// Tells another's address there.
    AddressOfAnother,
    /// What it publishes is another issuer's.
    PublishesAnother,
    /// What it publishes moved.
    Moved,
    /// What it publishes never ends.
    Endless,
    /// Nothing goes there.
    Broken,
}

/// What was asked of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub discovery: usize,
    pub keys: usize,
    pub tokens: usize,
}

/// A code it gave out: RFC 6749, 4.1.2.
#[derive(Clone)]
struct Code {
    nonce: String,
    challenge: String,
    whose: Somebody,
}

struct Inner {
    clock: HandClock,
    url: String,
    key: Key,
    twist: Option<Twist>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Somebody>,
    given: usize,
    asked: Asked,
}

/// It is there as long as this is held.
pub struct Issuer {
    inner: Arc<Mutex<Inner>>,
    pub url: String,
    _serving: JoinSet<()>,
}

impl Issuer {
    pub async fn at(clock: &HandClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it has one"));
        let inner = Arc::new(Mutex::new(Inner {
            clock: clock.clone(),
            url: url.clone(),
            key: Key::first(),
            twist: None,
            codes: HashMap::new(),
            access: HashMap::new(),
            given: 0,
            asked: Asked::default(),
        }));
        let mut serving = JoinSet::new();
        let router = serving::router(Arc::clone(&inner));
        serving.spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { inner, url, _serving: serving }
    }

    /// What it does otherwise from now on.
    pub fn twist(&self, twist: Option<Twist>) {
        self.inner.lock().expect("nobody panicked").twist = twist;
    }

    /// It signs with another key from now on, and publishes that one alone.
    pub fn rotate(&self) {
        self.inner.lock().expect("nobody panicked").key = Key::second();
    }

    /// It signs by an elliptic curve from now on.
    pub fn sign_by_curve(&self) {
        self.inner.lock().expect("nobody panicked").key = Key::curve();
    }

    pub fn asked(&self) -> Asked {
        self.inner.lock().expect("nobody panicked").asked
    }

    /// Lets somebody sign in who was sent here, and gives the path they are sent back to. What is asked
    /// is held against OpenID Connect Core, 3.1.2.1, and RFC 7636, 4.3.
    pub fn visit(&self, sent: &str, whose: &Somebody) -> String {
        let (there, query) = sent.split_once('?').expect("it asks something");
        assert_eq!(there, format!("{}/authorize", self.url));
        let asked: HashMap<String, String> =
            serde_urlencoded::from_str(query).expect("it is a query");
        let said = |name: &str| asked.get(name).cloned().unwrap_or_default();
        assert_eq!(said("response_type"), "code");
        assert_eq!(said("client_id"), CLIENT_ID);
        assert_eq!(said("redirect_uri"), BACK);
        assert_eq!(said("code_challenge_method"), "S256");
        assert_eq!(said("code_challenge").len(), 43);
        assert!(said("scope").split(' ').any(|scope| scope == "openid"), "{query}");
        assert!(said("scope").split(' ').any(|scope| scope == "email"), "{query}");
        for name in ["state", "nonce"] {
            assert!(said(name).len() >= 22, "128 bits at least: {query}");
        }
        let mut inner = self.inner.lock().expect("nobody panicked");
        inner.given += 1;
        let code = format!("code-{}", inner.given);
        let (nonce, challenge) = (said("nonce"), said("code_challenge"));
        inner.codes.insert(code.clone(), Code { nonce, challenge, whose: whose.clone() });
        format!("{}?code={code}&state={}", path_of(BACK), said("state"))
    }

    /// Sends somebody back who did not sign in: OpenID Connect Core, 3.1.2.6.
    pub fn deny(&self, sent: &str, error: &str) -> String {
        let (there, query) = sent.split_once('?').expect("it asks something");
        assert_eq!(there, format!("{}/authorize", self.url));
        let asked: HashMap<String, String> =
            serde_urlencoded::from_str(query).expect("it is a query");
        format!("{}?error={error}&state={}", path_of(BACK), asked["state"])
    }
}

/// The path of an address of ours.
fn path_of(url: &str) -> &str {
    &url["http://127.0.0.1:7070".len()..]
}

impl Inner {
    /// What an ID token says: OpenID Connect Core, 2.
    fn claims(&self, code: &Code) -> Value {
        let now = self.clock.now().as_millis() / 1000;
        let twisted = |twist| self.twist == Some(twist);
        let mut claims = json!({
            "iss": if twisted(Twist::Issuer) { "https://evil.example" } else { self.url.as_str() },
            "sub": if twisted(Twist::Subject) { "s".repeat(256) } else { code.whose.subject.clone() },
            "aud": match self.twist {
                Some(Twist::Audience) => json!("another"),
                Some(Twist::TwoAudiences) => json!([CLIENT_ID, "another"]),
                _ => json!(CLIENT_ID),
            },
            "exp": if twisted(Twist::Expired) { now } else { now + 300 },
            "iat": now,
            "nonce": if twisted(Twist::Nonce) { "x".repeat(43) } else { code.nonce.clone() },
        });
        if twisted(Twist::NoNonce) {
            claims.as_object_mut().expect("it is an object").remove("nonce");
        }
        if !twisted(Twist::AddressElsewhere) && !twisted(Twist::AddressOfAnother) {
            address(&mut claims, &code.whose);
        }
        claims
    }
}

/// OpenID Connect Core, 5.1.
fn address(claims: &mut Value, whose: &Somebody) {
    if let Some(email) = &whose.email {
        claims["email"] = json!(email);
    }
    if let Some(is_verified) = whose.is_verified {
        claims["email_verified"] = json!(is_verified);
    }
}
