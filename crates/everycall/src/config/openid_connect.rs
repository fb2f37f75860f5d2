//! `[web.openid_connect]`: signing in by an identity provider, beside passwords.

use std::path::{Path, PathBuf};

use providers::http::ensure_safe;
use providers::identity::{IdentityProvider, Registration};
use serde::Deserialize;
use url::{Host, Url};
use web::SingleSignOn;

use super::sending::secret;
use crate::mistake::Mistake;

const SECTION: &str = "[web.openid_connect]";

/// `[web.openid_connect]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OpenIdConnect {
    /// The identity provider's name, which is an address.
    pub issuer: String,
    pub client_id: String,
    pub client_secret_env: Option<String>,
    pub client_secret_file: Option<PathBuf>,
    /// Where browsers find this service, and so where people are sent back to.
    pub public_url: String,
    /// What the button says.
    pub label: String,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
}

impl Default for OpenIdConnect {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_env: None,
            client_secret_file: None,
            public_url: String::new(),
            label: "Sign in with single sign-on".to_owned(),
            scopes: vec!["email".to_owned()],
        }
    }
}

impl OpenIdConnect {
    /// Refuses what could never let anybody in; `hosts` are the names the dashboard answers to.
    pub fn check(&self, hosts: &[String]) -> Result<(), Mistake> {
        self.issuer()?;
        self.public_url(hosts)?;
        if self.client_id.trim().is_empty() {
            return Err(Mistake::new(
                format!("{SECTION} has no `client_id`"),
                "Write the id that the identity provider gave this service when it was registered",
            ));
        }
        if self.client_secret_env.is_none() && self.client_secret_file.is_none() {
            return Err(Mistake::new(
                format!("{SECTION} has no `client_secret_env` and no `client_secret_file`"),
                "Add client_secret_env = \"NAME_OF_A_VARIABLE\" or client_secret_file = \"PATH\"",
            ));
        }
        let is_word = |scope: &&String| {
            !scope.is_empty() && scope.bytes().all(|it| it.is_ascii_graphic() && it != b'"')
        };
        if let Some(scope) = self.scopes.iter().find(|scope| !is_word(scope)) {
            return Err(Mistake::new(
                format!("`{scope}` in {SECTION} scopes is no scope"),
                "Write each scope by itself, such as scopes = [\"email\", \"profile\"]",
            ));
        }
        Ok(())
    }

    fn issuer(&self) -> Result<(), Mistake> {
        let hint = "Write it as the identity provider does, such as \"https://login.example.com\"; \
                    below it is /.well-known/openid-configuration";
        let wrong = |why: String| Mistake::new(format!("{SECTION} issuer: {why}"), hint);
        let Ok(url) = self.issuer.parse::<Url>() else {
            return Err(wrong(format!("`{}` is no address", self.issuer)));
        };
        ensure_safe(&url).map_err(|error| wrong(error.to_string()))?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return Err(wrong("it has more than a host and a path".to_owned()));
        }
        Ok(())
    }

    fn public_url(&self, hosts: &[String]) -> Result<Url, Mistake> {
        let hint = "Write what people type into their browsers, such as \
                    \"https://calls.example.com\", without a path";
        let wrong = |why: String| Mistake::new(format!("{SECTION} public_url: {why}"), hint);
        let Ok(url) = self.public_url.parse::<Url>() else {
            return Err(wrong(format!("`{}` is no address", self.public_url)));
        };
        ensure_safe(&url).map_err(|error| wrong(error.to_string()))?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_bare || !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it has more than a scheme, a host and a port".to_owned()));
        }
        let host = url.host_str().unwrap_or_default();
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if is_here || web::is_host_among(host, hosts) {
            return Ok(url);
        }
        Err(Mistake::new(
            format!("{SECTION} public_url names {host}, under which the dashboard does not answer"),
            format!("Add it to [web]: hosts = [\"{host}\"]"),
        ))
    }

    /// The way in by it. Nothing is asked of the identity provider yet.
    pub fn open(&self, folder: &Path, hosts: &[String]) -> Result<SingleSignOn, Mistake> {
        let (env, file) = (self.client_secret_env.as_deref(), self.client_secret_file.as_deref());
        let unfit = |why: String| Mistake::new(format!("{SECTION}: {why}"), "Correct it");
        let client_secret = secret(folder, (SECTION, "client_secret"), env, file)?;
        let client_secret =
            client_secret.ok_or_else(|| unfit("it names no client secret".to_owned()))?;
        let mut back = self.public_url(hosts)?;
        back.set_path(web::SIGN_IN_BACK_PATH);
        let provider = IdentityProvider::new(Registration {
            issuer: self.issuer.clone(),
            client_id: self.client_id.trim().to_owned(),
            client_secret,
            scopes: self.scopes.clone(),
            back: back.into(),
        });
        let provider = provider.map_err(|error| unfit(error.to_string()))?;
        Ok(SingleSignOn { label: self.label.clone(), provider })
    }
}
