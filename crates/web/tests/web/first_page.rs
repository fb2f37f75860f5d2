//! The first page of a member: their own numbers, each of which opens their list.

use axum::http::StatusCode;
use testkit::on_both_databases;

use crate::browser::Browser;
use crate::people::{PASSWORD, People};

on_both_databases! {
    async fn a_member_sees_numbers_of_their_account_and_each_opens_its_list(db) {
        let people = People::of(&db).await;
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let page = anna.get("/").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        let (_, main) = page.text.split_once("<main").expect("there is a page");
        assert!(main.contains("<b>3</b></a> calls of alder ltd"), "{main}");
        let links: Vec<&str> = main
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|href| href.starts_with("/calls"))
            .collect();
        assert!(links.len() >= 3, "{links:?}");
        for href in links {
            let list = anna.get(&href.replace("&amp;", "&").replace("&#38;", "&")).await;
            assert_eq!(list.status, StatusCode::OK, "{href}: {}", list.text);
            assert_eq!(list.text.matches("<th scope=\"row\"").count(), 3, "{href}");
        }
        // What is the operators' is not told: what waits, whom a budget lets ask, what runs say.
        for theirs in ["Waiting", "wait for", "Requests", "/runs", "/sources", "/waiting", "/coverage"] {
            assert!(!main.contains(theirs), "{theirs}: {main}");
        }
        let mut none = Browser::signed_in(&people.state, "none", PASSWORD).await;
        assert_eq!(none.get("/").await.status, StatusCode::FORBIDDEN);
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        assert!(olga.get("/").await.text.contains("Where every call is"));
    }

    async fn a_member_of_two_accounts_sees_the_one_they_look_at(db) {
        let people = People::of(&db).await;
        let mut both = Browser::signed_in(&people.state, "both", PASSWORD).await;
        for (account, name) in people.world.accounts.iter().zip(["alder ltd", "birch ltd"]) {
            both.post("/look-at", &[("account", &account.to_string())]).await;
            let page = both.get("/").await.text;
            let (_, main) = page.split_once("<main").expect("there is a page");
            assert!(main.contains(&format!("calls of {name}")), "{main}");
        }
    }
}
