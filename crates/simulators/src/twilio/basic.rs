//! Who may ask (§1): HTTP Basic with an account's Auth Token or an API key's secret.

use crate::server::Asked;

use super::timeline::sid;

/// The account and what opens it.
#[derive(Debug)]
pub(super) struct Doors {
    pub(super) account_sid: String,
    pub(super) auth_token: String,
    pub(super) api_key_sid: String,
    pub(super) api_key_secret: String,
    /// The main account, where this one is its subaccount, and its Auth Token.
    pub(super) parent: Option<(String, String)>,
}

impl Doors {
    /// Those of a business, so that equal worlds have equal ones.
    pub(super) fn of(business: &str, is_subaccount: bool) -> Self {
        Self {
            account_sid: sid("AC", business),
            auth_token: sid("", business),
            api_key_sid: sid("SK", business),
            api_key_secret: sid("secret", business),
            parent: is_subaccount
                .then(|| (sid("AC", "parent"), sid("", &format!("parent of {business}")))),
        }
    }

    pub(super) fn open_for(&self, asked: &Asked) -> bool {
        let keys =
            [(&self.account_sid, &self.auth_token), (&self.api_key_sid, &self.api_key_secret)];
        let parent = self.parent.iter().map(|(user, secret)| (user, secret));
        let given = asked.header("authorization").unwrap_or_default();
        let mut keys = keys.into_iter().chain(parent);
        keys.any(|(user, secret)| given == format!("Basic {}", base64(&format!("{user}:{secret}"))))
    }
}

pub(super) fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for nth in 0..4 {
            let is_there = nth <= three.len();
            let letter = LETTERS[(bits >> (18 - 6 * nth)) as usize & 63];
            out.push(if is_there { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn as_published() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain), encoded);
        }
    }
}
