//! What the API changes, it changes as the command line does, and says who did.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::world::{Asks, World, send, twins, two_accounts};

/// Asks as the operator who may write, and expects a good answer.
async fn done(world: &World, asks: Asks) -> Value {
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    assert!(answer.status.is_success(), "{} {}: {}", asks.method, asks.url, answer.text);
    answer.json()
}

/// … and expects to be refused.
async fn refused(world: &World, asks: Asks, status: StatusCode) -> String {
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    assert_eq!(answer.status, status, "{} {}: {}", asks.method, asks.url, answer.text);
    answer.json()["detail"].as_str().expect("it says why").to_owned()
}

fn changed(changed: bool, preview: bool, calls_moved: u64) -> Value {
    json!({ "changed": changed, "preview": preview, "callsMoved": calls_moved })
}

on_both_databases! {
    async fn assigning_moves_exactly_what_its_preview_says(db) {
        let world = two_accounts(&db).await;
        let waiting = done(&world, Asks::get("/waiting")).await;
        let group = &waiting["waiting"][0];
        assert_eq!((&group["reason"], &group["calls"]), (&json!("agent_not_assigned_to_user"), &json!(4)));
        assert_eq!(group["solvedBy"], "POST /api/v1/assignments");
        assert_eq!(group["age_ms"], 40 * 60 * 1000);
        let said = json!({ "agent": "Agent nobody", "account": "birch ltd", "from": "2026-01-01" });
        let preview = done(&world, Asks::post("/assignments?preview=true", &said)).await;
        assert_eq!(preview, changed(false, true, 4));
        assert_eq!(done(&world, Asks::get("/waiting")).await["waiting"][0]["calls"], 4);
        assert_eq!(done(&world, Asks::post("/assignments", &said)).await, changed(true, false, 4));
        assert_eq!(done(&world, Asks::post("/assignments", &said)).await, changed(false, false, 0));
        assert_eq!(done(&world, Asks::get("/waiting")).await["waiting"], json!([]));
        let call = done(&world, Asks::get("/calls/main/call-nobody-0")).await;
        assert_eq!((&call["account"], &call["placement"]), (&json!("birch ltd"), &json!("placed")));
        let because = call["because"].as_str().expect("it says why");
        assert!(because.contains("assigned to birch ltd") && because.contains("by token writer"), "{because}");
        assert_eq!(call["moves"][0]["by"], "token writer");
        let assignments = done(&world, Asks::get("/assignments?source=main&after=2")).await;
        let one = &assignments["assignments"][0];
        assert_eq!((&one["agent"], &one["from"], &one["to"]),
            (&json!("Agent nobody"), &json!("2026-01-01T00:00:00Z"), &Value::Null));

        let elsewhere = json!({ "agent": "agent-nobody", "account": 1 });
        let why = refused(&world, Asks::post("/assignments", &elsewhere), StatusCode::CONFLICT).await;
        assert_eq!(why, "The calls of Agent nobody belong to birch ltd from 2026-01-01T00:00:00Z.");
        let end = json!({ "agent": "agent-nobody" });
        let preview = done(&world, Asks::post("/assignments/end?preview=true", &end)).await;
        assert_eq!(preview, changed(false, true, 4));
        assert_eq!(done(&world, Asks::post("/assignments/end", &end)).await, changed(true, false, 4));
        assert_eq!(done(&world, Asks::post("/assignments/end", &end)).await, changed(false, false, 0));
    }

    async fn numbers_and_whole_sources_are_assigned_and_left_out(db) {
        let world = two_accounts(&db).await;
        let called = json!({ "number": "+1 404 555 1900", "account": "alder ltd" });
        assert_eq!(done(&world, Asks::post("/assignments", &called)).await, changed(true, false, 4));
        let rules = done(&world, Asks::get("/rules")).await;
        let rule = &rules["rules"][0];
        assert_eq!((&rule["kind"], &rule["key"], &rule["excludes"]),
            (&json!("number"), &json!("+14045551900"), &json!(false)));
        assert_eq!(rule["createdBy"], "token writer");
        let out = json!({ "number": "+14045551900", "source": "main" });
        let preview = done(&world, Asks::post("/rules/exclude?preview=true", &out)).await;
        assert_eq!(preview, changed(false, true, 4));
        assert_eq!(done(&world, Asks::post("/rules/exclude", &out)).await, changed(true, false, 4));
        assert_eq!(done(&world, Asks::post("/rules/include", &out)).await, changed(true, false, 4));
        let rival = json!({ "number": "+14045551900", "account": "birch ltd" });
        let why = refused(&world, Asks::post("/assignments", &rival), StatusCode::CONFLICT).await;
        assert_eq!(why, "The calls of the number +14045551900 belong to alder ltd.");
        let ended = json!({ "number": "+14045551900" });
        assert_eq!(done(&world, Asks::post("/assignments/end", &ended)).await, changed(true, false, 4));
        for (said, why) in [
            (json!({ "account": 1 }), "exactly one of"),
            (json!({ "account": 1, "agent": "a", "wholeSource": true }), "exactly one of"),
            (json!({ "account": 1, "number": "12345" }), "is not a phone number"),
            (json!({ "account": 1, "agent": "agent-nobody", "from": "2026-02-01", "to": "2026-01-01" }),
                "does not lie before"),
        ] {
            let asks = Asks::post("/assignments", &said);
            let told = refused(&world, asks, StatusCode::UNPROCESSABLE_ENTITY).await;
            assert!(told.contains(why), "{told}");
        }
        let nobody = json!({ "account": 1, "agent": "none" });
        refused(&world, Asks::post("/assignments", &nobody), StatusCode::NOT_FOUND).await;
        let nowhere = json!({ "account": "none", "agent": "agent-nobody" });
        refused(&world, Asks::post("/assignments", &nowhere), StatusCode::NOT_FOUND).await;
    }

    async fn an_account_is_added_changed_put_away_and_deleted(db) {
        let world = two_accounts(&db).await;
        let said = json!({ "name": " cedar ", "externalId": "crm-9", "country": "at" });
        let added = done(&world, Asks::post("/accounts", &said)).await;
        let id = added["id"].as_i64().expect("it has an id");
        assert_eq!((&added["name"], &added["country"], &added["calls"]),
            (&json!("cedar"), &json!("AT"), &json!(0)));
        let taken = refused(&world, Asks::post("/accounts", &said), StatusCode::CONFLICT).await;
        assert_eq!(taken, "There is an account “cedar” already.");
        let change = |id: i64, said: Value| Asks::json(Method::PATCH, format!("/accounts/{id}"), &said);
        let reset = json!({ "callsResetAt": "2026-11-21T13:00:00Z" });
        let mut preview = change(1, reset.clone());
        preview.url.push_str("?preview=true");
        assert_eq!(done(&world, preview).await, changed(false, true, 3));
        assert_eq!(done(&world, change(1, reset.clone())).await, changed(true, false, 3));
        assert_eq!(done(&world, change(1, reset)).await, changed(false, false, 0));
        let back = change(1, json!({ "callsResetAt": null }));
        assert_eq!(done(&world, back).await, changed(true, false, 3));
        let renamed = change(id, json!({ "name": "cedar & co" }));
        assert_eq!(done(&world, renamed).await, changed(true, false, 0));
        let away = Asks::bare(Method::POST, format!("/accounts/{id}/archive"));
        assert_eq!(done(&world, away.clone()).await, changed(true, false, 0));
        assert_eq!(done(&world, away).await, changed(false, false, 0));
        assert_eq!(done(&world, Asks::get("/accounts")).await["accounts"].as_array().map(Vec::len), Some(2));
        let given = json!({ "agent": "agent-nobody", "account": id });
        let why = refused(&world, Asks::post("/assignments", &given), StatusCode::CONFLICT).await;
        assert_eq!(why, "The account cedar & co is archived and is given nothing new.");
        let out = Asks::bare(Method::POST, format!("/accounts/{id}/unarchive"));
        assert_eq!(done(&world, out).await, changed(true, false, 0));
        let shown = done(&world, Asks::get(format!("/accounts/{id}"))).await;
        let told: Vec<&str> = shown["history"].as_array().expect("it has one").iter()
            .map(|change| change["what"].as_str().expect("it says what")).collect();
        assert_eq!(told[..2], ["added the account cedar", "renamed cedar to cedar & co"]);
        assert_eq!(shown["history"][0]["by"], "token writer");
        let gone = Asks::bare(Method::DELETE, format!("/accounts/{id}"));
        assert_eq!(done(&world, gone.clone()).await, json!({ "id": id, "deleted": true }));
        refused(&world, gone, StatusCode::NOT_FOUND).await;
        let tied = Asks::bare(Method::DELETE, "/accounts/1");
        let why = refused(&world, tied, StatusCode::CONFLICT).await;
        assert_eq!(why, "alder ltd has 3 calls, 12 contacts, 1 assignment, 1 token of the API. \
            It can be archived, and keeps them.");
        let nothing = refused(&world, change(1, json!({})), StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(nothing.contains("nothing is said"), "{nothing}");
    }

    async fn a_file_is_imported_as_far_as_it_can_be(db) {
        let world = two_accounts(&db).await;
        let file = "name,external_id,country\nelm,crm-1,AT\nfir,crm-1,AT\n,,\n,x,\ngum,,XXX\n";
        let dry = done(&world, Asks::csv("/accounts/import?dryRun=true", file)).await;
        let wet = done(&world, Asks::csv("/accounts/import", file)).await;
        for (report, is_dry) in [(&dry, true), (&wet, false)] {
            assert_eq!((&report["lines"], &report["new"], &report["refused"]), (&json!(4), &json!(1), &json!(3)));
            assert_eq!(report["refusedLines"][0]["line"], 3);
            assert_eq!(report["dryRun"], is_dry);
        }
        let again = done(&world, Asks::csv("/accounts/import", "name\nelm\n")).await;
        assert_eq!(again["unchanged"], 1);
        let assigned = "agent,account\nagent-nobody,elm\nnone,elm\n";
        let report = done(&world, Asks::csv("/assignments/import", assigned)).await;
        assert_eq!((&report["new"], &report["callsMoved"], &report["refused"]), (&json!(1), &json!(4), &json!(1)));
        let header = Asks::csv("/accounts/import", "nam\nelm\n");
        let why = refused(&world, header, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert!(why.contains("columns nobody knows: nam"), "{why}");
    }

    async fn calls_of_one_id_and_instant_in_two_sources_are_both_listed(db) {
        let world = two_accounts(&db).await;
        twins(&world).await;
        for (token, count) in [(&world.alder, 6), (&world.reader, 13)] {
            for limit in [1, 2, 5] {
                let (mut after, mut seen) = (String::new(), Vec::new());
                loop {
                    let asks = Asks::get(format!("/calls?limit={limit}{after}"));
                    let page = send(&world.state, Some(token), &asks).await.json();
                    let rows = page["calls"].as_array().expect("it is a list");
                    seen.extend(rows.iter().map(|row| format!("{} {}", row["source"], row["providerCallId"])));
                    let Some(next) = page["next"].as_str() else { break };
                    after = format!("&after={next}");
                }
                let all = seen.len();
                seen.sort_unstable();
                seen.dedup();
                assert_eq!((all, seen.len()), (count, count), "by {limit}");
            }
        }
    }

    async fn lists_go_on_where_they_stopped(db) {
        let world = two_accounts(&db).await;
        for (list, ids, count) in [("accounts", "id", 2), ("agents", "id", 3), ("contacts", "id", 13),
            ("assignments", "id", 2), ("calls", "providerCallId", 10)] {
            let (mut after, mut seen) = (String::new(), Vec::new());
            loop {
                let page = done(&world, Asks::get(format!("/{list}?limit=2{after}"))).await;
                let rows = page[list].as_array().expect("it is a list");
                assert!(rows.len() <= 2);
                seen.extend(rows.iter().map(|row| row[ids].to_string()));
                match &page["next"] {
                    Value::Null => break,
                    Value::String(next) => after = format!("&after={next}"),
                    next => after = format!("&after={next}"),
                }
            }
            let all = seen.len();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!((all, seen.len()), (count, count), "{list}");
        }
    }
}
