use domain::Timestamp;
use secrecy::SecretString;

use super::post::signature;
use super::*;

fn check(text: &str, read: &str) {
    let said = text.parse::<SendTo>().map_or_else(
        |error| error.to_string(),
        |to| match to {
            SendTo::Post(url) => format!("post {url}"),
            SendTo::Mail(address) => format!("mail {address}"),
        },
    );
    assert!(said.starts_with(read), "{text}: {said}");
}

#[test]
fn an_address_is_https_or_mail_and_nothing_else() {
    check(" https://hooks.example.com/a?b=c ", "post https://hooks.example.com/a?b=c");
    check("http://127.0.0.1:9/x", "post http://127.0.0.1:9/x");
    check("ann@example.com", "mail ann@example.com");
    for wrong in [
        "http://hooks.example.com/a",
        "http://10.0.0.1/a",
        "https://ann:secret@example.com/",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "ann",
        "ann@",
        "ann@example.com\nbcc: bob@example.com",
        "",
    ] {
        check(wrong, "“");
    }
}

#[test]
fn a_signature_is_that_of_its_instant_and_body() {
    let secret = SecretString::from("whisper".to_owned());
    let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
    let signed = signature(&secret, "{\"a\":1}", at(1_700_000_000)).expect("any secret signs");
    // As computed by `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whisper`.
    assert_eq!(signed, format!("t=1700000000,v1={EXPECTED}"));
    for other in [
        signature(&secret, "{\"a\":2}", at(1_700_000_000)),
        signature(&secret, "{\"a\":1}", at(1_700_000_001)),
        signature(&SecretString::from("shout".to_owned()), "{\"a\":1}", at(1_700_000_000)),
    ] {
        assert_ne!(other.expect("any secret signs"), signed);
    }
}

const EXPECTED: &str = "11051b911625f8ea9085d1614da246e5b497c1beeb1f1db469d87945d86444a5";
