//! What operators do about users and tokens, and that it is in the audit log.

use axum::http::StatusCode;
use testkit::on_both_databases;

use crate::browser::Browser;
use crate::people::{PASSWORD, People};
use crate::signing_in::user;
use crate::world::{Asks, send};

/// What a page shows once.
fn secret(page: &str) -> String {
    let (_, rest) = page.split_once("class=\"secret\">").expect("it is shown");
    rest.split_once('<').expect("it ends").0.to_owned()
}

on_both_databases! {
    async fn somebody_is_added_and_chooses_a_password_before_anything_else(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let account = people.world.accounts[1].to_string();
        let added = olga.post("/users", &[("name", "Eve@Example.com"), ("is", &account)]).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.text);
        let made = secret(&added.text);
        assert_eq!(made.len(), 19);
        let again = olga.post("/users", &[("name", "eve@example.COM"), ("is", "")]).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(again.text.contains("a name is never used again"), "{}", again.text);
        let list = olga.get("/users").await.text;
        assert!(list.contains("Eve@Example.com") && list.contains("is to choose a password"), "{list}");
        let mut eve = Browser::signed_in(&people.state, "eve@example.com", &made).await;
        for path in ["/calls", "/", "/sessions"] {
            assert_eq!(eve.get(path).await.to(), "/password", "{path}");
        }
        assert_eq!(eve.get("/api/v1/calls").await.status, StatusCode::FORBIDDEN);
        let new = "six words are even better here";
        eve.post("/password", &[("old", &made), ("password", new), ("again", new)]).await;
        let calls = eve.get("/calls").await;
        assert_eq!(calls.status, StatusCode::OK);
        assert!(calls.text.contains("call-birch-0"), "{}", calls.text);
        assert!(!calls.text.contains("alder"));
    }

    async fn another_password_from_an_operator_signs_somebody_out(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let id = user(&people, "anna").await;
        let made = secret(&olga.post(&format!("/users/{id}/password"), &[]).await.text);
        assert_eq!(anna.get("/calls").await.status, StatusCode::SEE_OTHER);
        assert_eq!(anna.sign_in("anna", PASSWORD).await.status, StatusCode::FORBIDDEN);
        assert_eq!(anna.sign_in("anna", &made).await.status, StatusCode::SEE_OTHER);
        assert_eq!(anna.get("/calls").await.to(), "/password");
    }

    async fn a_token_is_given_out_on_its_page_and_taken_back(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let account = people.world.accounts[0].to_string();
        let fields = [("name", "crm"), ("account", account.as_str()), ("days", "30")];
        let given = olga.post("/tokens", &fields).await;
        assert_eq!(given.status, StatusCode::CREATED, "{}", given.text);
        let token = secret(&given.text);
        let calls = send(&people.state, Some(&token), &Asks::get("/calls")).await;
        assert_eq!(calls.status, StatusCode::OK);
        assert!(!calls.text.contains("birch"));
        let list = olga.get("/tokens").await.text;
        assert!(list.contains("crm") && !list.contains(&token), "{list}");
        for (fields, why) in [
            ([("name", "crm"), ("account", ""), ("days", "")], "never used again"),
            ([("name", " "), ("account", ""), ("days", "")], "a token needs a name"),
            ([("name", "x"), ("account", ""), ("days", "0")], "days are a number"),
            ([("name", "x"), ("account", "99"), ("days", "")], "account 99 is not there"),
        ] {
            let refused = olga.post("/tokens", &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
            assert!(refused.text.contains(why), "{why}: {}", refused.text);
        }
        olga.post("/tokens/revoke", &[("name", "crm")]).await;
        let refused = send(&people.state, Some(&token), &Asks::get("/calls")).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    }

    async fn what_operators_do_is_in_the_audit_log_with_who_and_to_whom(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let id = user(&people, "none").await;
        let account = people.world.accounts[0].to_string();
        for (path, fields) in [
            (format!("/users/{id}/grant"), vec![("account", account.as_str())]),
            (format!("/users/{id}/grant"), vec![("account", account.as_str())]),
            (format!("/users/{id}/revoke"), vec![("account", account.as_str())]),
            (format!("/users/{id}/disable"), vec![]),
            (format!("/users/{id}/disable"), vec![]),
            (format!("/users/{id}/enable"), vec![]),
            (format!("/users/{id}/unlock"), vec![]),
        ] {
            let answer = olga.post(&path, &fields).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        }
        olga.post("/tokens", &[("name", "crm")]).await;
        let told: Vec<(String, String)> = people
            .audit()
            .await
            .into_iter()
            .rev()
            .map(|entry| (format!("{}: {}", entry.who, entry.what), entry.target))
            .collect();
        let user = |what: &str| (format!("user olga: {what}"), "user none".to_owned());
        // What was so already is no change.
        assert_eq!(told, [
            ("user olga: Sign in".to_owned(), "user olga".to_owned()),
            user("Let a user look at an account"),
            user("Keep a user from an account"),
            user("Shut a user out"),
            user("Let a user in again"),
            ("user olga: Give out a token".to_owned(), "token crm".to_owned()),
        ]);
        let page = olga.get("/audit").await.text;
        assert!(page.contains("user none") && page.contains("Keep a user from an account"), "{page}");
        let json = olga.get("/api/v1/audit?limit=2").await.json();
        assert_eq!(json["entries"][0]["target"], "token crm");
        let next = json["next"].as_i64().expect("there is more");
        let rest = olga.get(&format!("/api/v1/audit?before={next}&limit=500")).await.json();
        assert_eq!(rest["entries"].as_array().map(Vec::len), Some(4));
        assert_eq!(rest["next"], serde_json::Value::Null);
        assert_eq!(olga.get("/audit?before=x").await.status, StatusCode::BAD_REQUEST);
    }

    async fn what_is_not_there_is_not_found_on_pages_of_users(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        for path in ["/users/99", "/users/x", "/users/-1", "/users/9223372036854775808"] {
            assert_eq!(olga.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
            let sent = olga.post(&format!("{path}/disable"), &[]).await;
            assert_eq!(sent.status, StatusCode::NOT_FOUND, "{path}");
        }
        let id = user(&people, "none").await;
        let granted = olga.post(&format!("/users/{id}/grant"), &[("account", "99")]).await;
        assert_eq!(granted.status, StatusCode::NOT_FOUND);
        let own = user(&people, "olga").await;
        let account = people.world.accounts[0].to_string();
        let granted = olga.post(&format!("/users/{own}/grant"), &[("account", &account)]).await;
        assert_eq!(granted.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", granted.text);
    }
}
