//! A code redeemed for a token, the token held against what it must say, and the address behind it.

use chrono::{DateTime, Utc};
use domain::Timestamp;
use openidconnect::core::{
    CoreClient, CoreClientAuthMethod, CoreGenderClaim, CoreIdTokenVerifier,
    CoreJwsSigningAlgorithm, CoreTokenResponse,
};
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, EmptyAdditionalClaims, Nonce,
    OAuth2TokenResponse as _, PkceCodeVerifier, RequestTokenError, SignatureVerificationError,
    SubjectIdentifier, TokenResponse as _, UserInfoClaims,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::known::Published;
use super::wire::NoAnswer;
use super::{IdentityError, IdentityProvider, Trip, Vouched};

/// Signatures whose key only the issuer has. Those by the client's secret are not among them: it lies
/// here, too.
const SIGNATURES: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Letters of a subject, at most (OpenID Connect Core, section 2).
const SUBJECT_LETTERS_MAX: usize = 255;

/// Why a token says nothing.
pub(super) enum Untold {
    /// It names a key that was not published when we last looked.
    NewKey,
    /// It is wrong.
    Error(IdentityError),
}

impl From<Untold> for IdentityError {
    fn from(untold: Untold) -> Self {
        match untold {
            Untold::NewKey => Self::Untrusted { why: "it is signed by a key of nobody" },
            Untold::Error(error) => error,
        }
    }
}

impl IdentityProvider {
    /// The token for a code.
    pub(super) async fn redeem(
        &self,
        known: &Published,
        code: &SecretString,
        trip: &Trip,
    ) -> Result<CoreTokenResponse, IdentityError> {
        let methods = known.metadata.token_endpoint_auth_methods_supported();
        let is_in_body = methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        let by = if is_in_body { AuthType::RequestBody } else { AuthType::BasicAuth };
        let client = CoreClient::from_provider_metadata(
            known.metadata.clone(),
            self.id(),
            Some(self.secret()),
        )
        .set_redirect_uri(self.back.clone())
        .set_auth_type(by);
        let code = AuthorizationCode::new(code.expose_secret().to_owned());
        let verifier = PkceCodeVerifier::new(trip.verifier.expose_secret().to_owned());
        let asked = client.exchange_code(code).map_err(|_absent| IdentityError::Misanswered {
            why: "it publishes no address for tokens".to_owned(),
        })?;
        let answer = asked.set_pkce_verifier(verifier).request_async(&self.wire).await;
        answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(no) => {
                IdentityError::Refused { why: code_of(no.error().as_ref()) }
            }
            RequestTokenError::Request(NoAnswer::Unfit(_) | NoAnswer::InTheClear) => {
                IdentityError::Misanswered { why: "its address for tokens is not https".to_owned() }
            }
            RequestTokenError::Request(no) => IdentityError::Unreachable { why: no.to_string() },
            _ => IdentityError::Misanswered { why: "there is no token in its answer".to_owned() },
        })
    }

    /// Who a token is about, if it is from the issuer, for us, of this trip, and holds.
    pub(super) fn read(
        &self,
        known: &Published,
        token: &CoreTokenResponse,
        trip: &Trip,
        now: Timestamp,
    ) -> Result<Vouched, Untold> {
        let untrusted = |why| Untold::Error(IdentityError::Untrusted { why });
        let Some(id_token) = token.id_token() else {
            let why = "there is no ID token in its answer".to_owned();
            return Err(Untold::Error(IdentityError::Misanswered { why }));
        };
        // An instant beyond the calendar is one at which nothing holds.
        let now =
            DateTime::from_timestamp_millis(now.as_millis()).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let keys = known.metadata.jwks().clone();
        let verifier = CoreIdTokenVerifier::new_public_client(self.id(), self.issuer.clone(), keys)
            .set_allowed_algs(SIGNATURES)
            .set_time_fn(move || now);
        let nonce = Nonce::new(trip.nonce.expose_secret().to_owned());
        let claims = id_token.claims(&verifier, &nonce).map_err(|error| match error {
            ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            ) => Untold::NewKey,
            other => untrusted(wrong(&other)),
        })?;
        let subject = claims.subject().as_str();
        let is_name = (1..=SUBJECT_LETTERS_MAX).contains(&subject.len())
            && subject.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        if !is_name {
            return Err(untrusted("its subject is no name of anybody"));
        }
        Ok(Vouched {
            issuer: self.issuer.as_str().to_owned(),
            subject: subject.to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()),
            is_email_verified: claims.email_verified().unwrap_or(false),
        })
    }

    /// The same with the address, where it is told elsewhere than in the token: OpenID Connect has it
    /// at the userinfo endpoint. Whoever was here before is known without, so a failure is none.
    pub(super) async fn with_address(
        &self,
        known: &Published,
        token: &CoreTokenResponse,
        vouched: Vouched,
    ) -> Vouched {
        if vouched.email.is_some() && vouched.is_email_verified {
            return vouched;
        }
        let client = CoreClient::from_provider_metadata(known.metadata.clone(), self.id(), None);
        let subject = SubjectIdentifier::new(vouched.subject.clone());
        let Ok(asked) = client.user_info(token.access_token().clone(), Some(subject)) else {
            return vouched;
        };
        let told: Result<UserInfoClaims<EmptyAdditionalClaims, CoreGenderClaim>, _> =
            asked.request_async(&self.wire).await;
        match told {
            Ok(claims) if claims.email().is_none() => vouched,
            Ok(claims) => Vouched {
                email: claims.email().map(|email| email.as_str().to_owned()),
                is_email_verified: claims.email_verified().unwrap_or(false),
                ..vouched
            },
            Err(_why) => {
                tracing::warn!("The identity provider does not tell the address of somebody");
                vouched
            }
        }
    }
}

/// A code of OAuth, if it is one: anything else may be anybody's text.
fn code_of(code: &str) -> String {
    let is_code = code.len() <= 40 && code.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    if is_code && !code.is_empty() { code.to_owned() } else { "it does not say why".to_owned() }
}

/// In our words, for theirs repeat what the token says.
fn wrong(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "it has expired",
        ClaimsVerificationError::InvalidAudience(_) => "it is for somebody else than us",
        ClaimsVerificationError::InvalidIssuer(_) => "it is from another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "it is of another sign-in",
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoSignature => "it is not signed",
            SignatureVerificationError::DisallowedAlg(_) => {
                "it is signed in a way that is not allowed"
            }
            SignatureVerificationError::UnsupportedAlg(_) => "it is signed in a way nobody knows",
            _ => "its signature is wrong",
        },
        _ => "it does not say what it should",
    }
}
