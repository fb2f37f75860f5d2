//! `POST /oauth/token` (§5.2): codes and single-use refresh tokens become pairs of tokens.
//!
//! The `client_credentials` grant is refused: what it gives out is not described.

use serde_json::{Map, Value, json};

use crate::server::{Answer, Asked, form_decoded};

use super::access::{ACCESS_SECONDS, Access, Pair};
use super::errors::error;

pub(crate) fn token(access: &Access, company_id: &str, asked: &Asked, now: i64) -> Answer {
    match exchange(access, asked, now) {
        Ok(pair) => {
            let is_v3 = asked.header("version") == Some("v3");
            Answer::json(200, body(&pair, company_id, is_v3))
        }
        Err(refusal) => refusal,
    }
}

fn exchange(access: &Access, asked: &Asked, now: i64) -> Result<Pair, Answer> {
    let given = Given::read(asked);
    let grant = given.required("grant_type", "grantType")?;
    if grant != "refresh_token" && grant != "authorization_code" {
        return Err(error(400, "Invalid parameter: grantType"));
    }
    let client_id = given.required("client_id", "clientId")?;
    let client_secret = given.required("client_secret", "clientSecret")?;
    if client_id != access.client_id || client_secret != access.client_secret {
        return Err(error(401, "Invalid client: client credentials are invalid"));
    }
    let credential = match grant {
        "refresh_token" => given.required("refresh_token", "refreshToken")?,
        _ => given.required("code", "code")?,
    };
    // Before the credential is spent: it works again once the location is active.
    if !access.is_location_active() {
        return Err(error(400, "Location is not active"));
    }
    if grant == "refresh_token" {
        let pair = access.refresh(credential, now);
        pair.ok_or_else(|| error(400, "Invalid grant: refresh token is invalid"))
    } else {
        let pair = access.exchange(credential, now);
        pair.ok_or_else(|| error(400, "Invalid grant: authorization code is invalid"))
    }
}

/// The fields of a token request, from a form or from JSON.
pub(crate) struct Given(Vec<(String, String)>);

impl Given {
    pub(crate) fn read(asked: &Asked) -> Self {
        let is_json = asked.header("content-type").is_some_and(|it| it.contains("json"));
        if !is_json {
            return Self(form_decoded(&String::from_utf8_lossy(&asked.body)));
        }
        let fields: Map<String, Value> = serde_json::from_slice(&asked.body).unwrap_or_default();
        let texts = fields.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        });
        Self(texts.collect())
    }

    /// A field under its older or its newer name.
    pub(crate) fn required(&self, snake: &str, camel: &str) -> Result<&str, Answer> {
        let found = self.0.iter().find(|(name, _)| name == snake || name == camel);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
            .ok_or_else(|| error(400, &format!("Missing parameter: {camel}")))
    }
}

/// A pair of tokens as the API writes it.
pub(crate) fn body(pair: &Pair, company_id: &str, is_v3: bool) -> String {
    let name = |snake: &'static str, camel: &'static str| if is_v3 { camel } else { snake };
    json!({
        name("access_token", "accessToken"): pair.access_token,
        name("token_type", "tokenType"): "Bearer",
        name("expires_in", "expiresIn"): ACCESS_SECONDS,
        name("refresh_token", "refreshToken"): pair.refresh_token,
        "scope": pair.scopes.join(" "),
        "userType": "Location",
        "companyId": company_id,
        "locationId": pair.location_id,
        "userId": "simulatedUser0000001",
        "isBulkInstallation": false,
    })
    .to_string()
}
