//! Input that means harm, or is broken: a clear refusal, and never a failure of ours.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::json;
use testkit::on_both_databases;
use tower::ServiceExt as _;

use crate::world::{Asks, World, send, two_accounts};

/// Sends it as the operator who may write; it must be refused as the sender's mistake, or done.
async fn status(world: &World, asks: &Asks) -> StatusCode {
    let answer = send(&world.state, Some(&world.writer), asks).await;
    let status = answer.status;
    assert!(!status.is_server_error(), "{} {}: {}", asks.method, asks.url, answer.text);
    if status.is_client_error() {
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{}", answer.text);
        let problem = answer.json();
        for member in ["type", "title", "detail", "id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        for word in ["sqlx", "SELECT", "panicked", "syntax error"] {
            assert!(!answer.text.contains(word), "{}", answer.text);
        }
    }
    status
}

const HOSTILE: [&str; 10] = [
    "'; DROP TABLE calls; --",
    "\" OR 1=1 --",
    "%27%20OR%201=1",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "\u{0}",
    "x\r\nSet-Cookie: a=b",
    "${jndi:ldap://x}",
    "\u{202e}\u{feff}𝕬",
];

/// A text as a part of an address takes it.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        write!(encoded, "%{byte:02X}").expect("a text grows");
    }
    encoded
}

on_both_databases! {
    async fn hostile_words_are_words_and_nothing_else(db) {
        let world = two_accounts(&db).await;
        for text in HOSTILE {
            let word = encoded(text);
            for url in [
                format!("/calls?source={word}"),
                format!("/calls?after={word}"),
                format!("/calls?placement={word}"),
                format!("/calls?limit={word}"),
                format!("/calls/{word}/{word}"),
                format!("/calls/main/{word}"),
                format!("/accounts/{word}"),
                format!("/accounts?after={word}"),
                format!("/contacts?account={word}"),
                format!("/contacts?account=alder%20ltd&phone={word}"),
                format!("/contacts?account=alder%20ltd&highlevelContact={word}"),
                format!("/contacts/{word}"),
                format!("/runs/{word}"),
                format!("/agents?source={word}"),
                format!("/{word}"),
            ] {
                let status = status(&world, &Asks::get(&*url)).await;
                assert!(status.is_client_error() || url.contains("highlevel"), "{url}: {status}");
            }
            let said = json!({ "name": text, "externalId": text });
            let added = status(&world, &Asks::post("/accounts", &said)).await;
            assert!([StatusCode::CREATED, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT]
                .contains(&added), "{text}: {added}");
            let said = json!({ "account": text, "agent": text, "source": text });
            assert_eq!(status(&world, &Asks::post("/assignments", &said)).await, StatusCode::NOT_FOUND);
            let said = json!({ "account": 1, "firstName": text, "phones": ["+12015559999"],
                "highlevelContact": text, "custom": { text: [text] } });
            status(&world, &Asks::post("/contacts", &said)).await;
            let file = format!("name,external_id\n\"{}\",x\n", text.replace('"', "\"\""));
            assert_eq!(status(&world, &Asks::csv("/accounts/import", &file)).await, StatusCode::OK);
        }
        assert_eq!(db.number("SELECT COUNT(*) FROM calls").await, 10);
        let listed = send(&world.state, Some(&world.reader), &Asks::get("/accounts?limit=500")).await;
        assert!(listed.text.contains("'; DROP TABLE calls; --"), "{}", listed.text);
    }

    async fn numbers_at_their_edges_are_refused_or_found_nowhere(db) {
        let world = two_accounts(&db).await;
        for id in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
            for url in [format!("/accounts/{id}"), format!("/contacts/{id}"), format!("/runs/{id}")] {
                assert_eq!(status(&world, &Asks::get(&*url)).await, StatusCode::NOT_FOUND, "{url}");
            }
            let after = status(&world, &Asks::get(format!("/contacts?after={id}"))).await;
            assert_eq!(after, StatusCode::OK);
        }
        for id in ["9223372036854775808", "1e3", "0x1", "1.0", "%2B", " 1"] {
            let url = format!("/accounts/{}", id.replace(' ', "%20"));
            assert_eq!(status(&world, &Asks::get(url)).await, StatusCode::BAD_REQUEST, "{id}");
        }
        for query in ["limit=0", "limit=501", "limit=-1", "limit=x", "sourc=main", "limit=1&limit=2"] {
            for list in ["accounts", "agents", "assignments", "rules", "contacts", "calls"] {
                let asked = status(&world, &Asks::get(format!("/{list}?{query}"))).await;
                assert_eq!(asked, StatusCode::BAD_REQUEST, "{list}?{query}");
            }
        }
        for at in ["9999-12-31T23:59:59Z", "-9999-01-01", "the end of time", "2026-02-30"] {
            let said = json!({ "agent": "agent-nobody", "account": 1, "from": at });
            status(&world, &Asks::post("/assignments?preview=true", &said)).await;
        }
    }

    async fn broken_bodies_are_refused_before_anything_is_done(db) {
        let world = two_accounts(&db).await;
        let post = |kind: &'static str, body: Vec<u8>| Asks {
            body: Some((kind, body)),
            ..Asks::bare(Method::POST, "/accounts")
        };
        let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let custom = format!("{{\"custom\":{}1{}}}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
        let as_json = "application/json";
        for (body, wanted) in [
            (b"".to_vec(), StatusCode::BAD_REQUEST),
            (b"{".to_vec(), StatusCode::BAD_REQUEST),
            (b"[]".to_vec(), StatusCode::BAD_REQUEST),
            (b"null".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":\"\xff\xfe\"}".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":\"\\ud800\"}".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":\"a\",\"admin\":true}".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":1}".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":\"a\"} x".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":\"a\",\"callsResetAt\":\"soon\"}".to_vec(), StatusCode::BAD_REQUEST),
            (b"{\"name\":\"  \"}".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
            (deep.into_bytes(), StatusCode::BAD_REQUEST),
            (vec![b' '; (256 << 10) + 1], StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert_eq!(status(&world, &post(as_json, body)).await, wanted, "{shown}");
        }
        let deep = Asks { body: Some((as_json, custom.into_bytes())), ..Asks::bare(Method::POST, "/contacts") };
        assert_eq!(status(&world, &deep).await, StatusCode::BAD_REQUEST);
        for kind in ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""] {
            let asks = post(kind, b"{\"name\":\"a\"}".to_vec());
            assert_eq!(status(&world, &asks).await, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
        }
        let none = Asks::bare(Method::POST, "/accounts");
        assert_eq!(status(&world, &none).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let with_charset = post("Application/JSON; charset=utf-8", b"{\"name\":\"a\"}".to_vec());
        assert_eq!(status(&world, &with_charset).await, StatusCode::CREATED);
        let needless = Asks { body: Some(("text/plain", b"x".to_vec())), ..Asks::bare(Method::POST, "/accounts/1/archive") };
        assert_eq!(status(&world, &needless).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(db.number("SELECT COUNT(*) FROM accounts").await, 3);
    }

    async fn broken_files_are_told_line_by_line_or_refused(db) {
        let world = two_accounts(&db).await;
        let csv = |file: Vec<u8>| Asks {
            body: Some(("text/csv", file)),
            ..Asks::bare(Method::POST, "/accounts/import")
        };
        for (file, wanted) in [
            (b"".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
            (b"\0\0\0\0".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
            (b"\xff\xfe\n\xff\n".to_vec(), StatusCode::BAD_REQUEST),
            (b"name\n\xff\xfe\nelm\n".to_vec(), StatusCode::OK),
            (b"name\n\"never closed\nelm\n".to_vec(), StatusCode::OK),
            (b"name\na,b,c\n".to_vec(), StatusCode::OK),
            (vec![b'x'; (16 << 20) + 1], StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let shown = String::from_utf8_lossy(&file[..file.len().min(40)]).into_owned();
            assert_eq!(status(&world, &csv(file)).await, wanted, "{shown}");
        }
        let long = "a line of the file\n".repeat(200_000);
        let beyond_two_megabytes = csv(format!("nam\n{long}").into_bytes());
        assert_eq!(status(&world, &beyond_two_megabytes).await, StatusCode::UNPROCESSABLE_ENTITY);
    }

    async fn other_ways_to_use_a_route_are_named(db) {
        let world = two_accounts(&db).await;
        let put = Asks::bare(Method::PUT, "/accounts");
        let answer = send(&world.state, Some(&world.writer), &put).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(answer.headers["allow"], "GET,HEAD,POST");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        for url in ["/", "/nowhere", "/accounts/", "/accounts/1/2/3", "//accounts", "/../healthz"] {
            assert_eq!(status(&world, &Asks::get(url)).await, StatusCode::NOT_FOUND, "{url}");
        }
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_the_senders_mistake() {
    let folder = crate::folder();
    let state = crate::sample::empty(folder.path()).await;
    let asked = engine::access::TokenAsked {
        name: "ops".to_owned(),
        role: domain::access::Role::Operator,
        may_write: true,
        expires_at: None,
    };
    let now = crate::sample::at(crate::sample::NOW);
    let (_, secret) =
        engine::access::token_add(&state.store, &asked, "op", now).await.expect("new");
    let broken = futures::stream::iter([
        Ok("{\"name\":"),
        Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "gone")),
    ]);
    let request = Request::post("/api/v1/accounts")
        .header("host", "127.0.0.1")
        .header("content-type", "application/json")
        .header(
            "authorization",
            format!("Bearer {}", secrecy::ExposeSecret::expose_secret(&secret)),
        )
        .body(Body::from_stream(broken))
        .expect("the test writes a request");
    let answer = web::router(state).oneshot(request).await.expect("it never fails");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}
