//! `[web]`: under which names the dashboard answers, and what stands before it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use web::{Place, SingleSignOn, Tls};

use super::openid_connect::OpenIdConnect;
use crate::mistake::Mistake;

/// `[web]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Names the dashboard answers to, besides those of this machine.
    pub hosts: Vec<String>,
    /// Whether a proxy before it says from where requests come.
    pub trusted_proxy: bool,
    /// A file with a certificate and its chain.
    pub certificate: Option<PathBuf>,
    /// A file with its key.
    pub key: Option<PathBuf>,
    /// Signing in by an identity provider, where there is one.
    pub openid_connect: Option<Box<OpenIdConnect>>,
}

impl Web {
    /// Refuses what cannot be meant.
    pub fn check(&self) -> Result<(), Mistake> {
        let is_name = |host: &String| {
            let is_letter = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
            let is_address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
            !host.is_empty() && (host.chars().all(is_letter) || is_address)
        };
        if let Some(host) = self.hosts.iter().find(|host| !is_name(host)) {
            return Err(Mistake::new(
                format!("`{host}` in [web] hosts is no name of a host"),
                "Write it without scheme, port and path, such as \"calls.example.com\"",
            ));
        }
        if self.certificate.is_some() != self.key.is_some() {
            return Err(Mistake::new(
                "[web] has one of certificate and key",
                "Name both files, or neither and let a proxy speak TLS",
            ));
        }
        self.openid_connect.as_ref().map_or(Ok(()), |by| by.check(&self.hosts))
    }

    /// Signing in by an identity provider, where there is one. Its secret is read.
    pub fn single_sign_on(&self, folder: &Path) -> Result<Option<SingleSignOn>, Mistake> {
        self.openid_connect.as_ref().map(|by| by.open(folder, &self.hosts)).transpose()
    }

    /// How the service stands in its network.
    pub fn place(&self) -> Place {
        Place {
            hosts: self.hosts.clone(),
            has_trusted_proxy: self.trusted_proxy,
            is_tls: self.certificate.is_some(),
        }
    }

    /// The certificate to speak TLS with, if there is one.
    pub fn tls(&self, folder: &Path) -> Result<Option<Tls>, Mistake> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else {
            return Ok(None);
        };
        let read = Tls::read(&folder.join(certificate), &folder.join(key));
        read.map(Some).map_err(|error| {
            Mistake::new(
                error.to_string(),
                "Correct certificate and key in [web]; both are PEM, the certificate with its chain",
            )
        })
    }
}
