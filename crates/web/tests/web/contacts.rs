//! Contacts over the API: found, added, changed, merged, erased and shown with their calls.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::world::{Asks, World, number, send, two_accounts};

async fn ask(world: &World, asks: Asks) -> (StatusCode, Value) {
    let answer = send(&world.state, Some(&world.alder), &asks).await;
    (answer.status, answer.json())
}

async fn done(world: &World, asks: Asks) -> Value {
    let (status, json) = ask(world, asks).await;
    assert_eq!(status, StatusCode::OK, "{json}");
    json
}

fn found(json: &Value) -> Vec<i64> {
    let contacts = json["contacts"].as_array().expect("it is a list");
    contacts.iter().map(|contact| contact["id"].as_i64().expect("it has an id")).collect()
}

on_both_databases! {
    async fn a_contact_is_found_by_number_and_by_id(db) {
        let world = two_accounts(&db).await;
        let third = world.contacts[3].0;
        let by_number = Asks::get(format!("/contacts?phone=%2B{}", &number("alder", 3)[1..]));
        assert_eq!(found(&done(&world, by_number).await), [third]);
        let as_typed = Asks::get("/contacts?phone=(201)%20555-1003");
        assert_eq!(found(&done(&world, as_typed).await), [third]);
        let by_code = done(&world, Asks::get("/contacts?vendorLeadCode=1000000000003")).await;
        assert_eq!(found(&by_code), [third]);
        assert_eq!(by_code["contacts"][0]["email"], "ann3@alder.example");
        let none = Asks::get("/contacts?vendorLeadCode=2000000000000");
        assert_eq!(found(&done(&world, none).await), [0; 0], "that is another's");
        let (status, why) = ask(&world, Asks::get("/contacts?phone=1&vendorLeadCode=2")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        let answer = send(&world.state, Some(&world.reader), &Asks::get("/contacts?phone=%2B12015551003")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "an operator says whose");
        let said = Asks::get("/contacts?phone=%2B12015551003&account=alder%20ltd");
        let answer = send(&world.state, Some(&world.reader), &said).await;
        assert_eq!(found(&answer.json()), [third]);
        let merge = Asks::post(format!("/contacts/{}/merge", third - 1), &json!({ "contact": third }));
        done(&world, merge).await;
        let by_code = Asks::get("/contacts?vendorLeadCode=1000000000003");
        assert_eq!(found(&done(&world, by_code).await), [third - 1], "whoever it was merged into");
    }

    async fn a_contact_is_added_once_and_changed(db) {
        let world = two_accounts(&db).await;
        let said = json!({ "firstName": "Bea", "phones": ["(201) 555-7000"], "custom": { "plan": "gold" } });
        let dry = done(&world, Asks::post("/contacts?dryRun=true", &said)).await;
        assert_eq!((&dry["outcome"], &dry["dryRun"]), (&json!("new"), &json!(true)));
        let added = done(&world, Asks::post("/contacts", &said)).await;
        assert_eq!(added["outcome"], "new");
        let id = added["id"].as_i64().expect("it has an id");
        let again = done(&world, Asks::post("/contacts", &said)).await;
        assert_eq!((&again["outcome"], &again["id"]), (&json!("unchanged"), &json!(id)));
        let change = |said: Value| Asks::json(Method::PATCH, format!("/contacts/{id}"), &said);
        let told = json!({ "lastName": "Bow", "vendorLeadCode": "1234567890123" });
        assert_eq!(done(&world, change(told.clone())).await["changed"], true);
        assert_eq!(done(&world, change(told)).await["changed"], false);
        let shown = done(&world, Asks::get(format!("/contacts/{id}"))).await;
        assert_eq!((&shown["firstName"], &shown["lastName"]), (&json!("Bea"), &json!("Bow")));
        assert_eq!((&shown["phones"], &shown["custom"]), (&json!(["+12015557000"]), &json!({ "plan": "gold" })));
        assert_eq!(shown["externalIds"], json!([{ "kind": "vendor_lead_code", "id": "1234567890123" }]));
        assert_eq!(shown["createdBy"], "token crm-alder");
        let (status, why) = ask(&world, change(json!({ "vendorLeadCode": "1000000000001" }))).await;
        assert_eq!(status, StatusCode::CONFLICT, "{why}");
        for said in [json!({ "firstName": "Nobody" }), json!({ "phones": ["no"] }),
            json!({ "vendorLeadCode": "12" }), json!({ "phones": [number("alder", 1)], "country": "Moon" })] {
            let (status, why) = ask(&world, Asks::post("/contacts", &said)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        }
    }

    async fn two_contacts_are_merged_taken_apart_and_one_is_erased(db) {
        let world = two_accounts(&db).await;
        let [one, two] = [world.contacts[0], world.contacts[1]];
        let merge = Asks::post(format!("/contacts/{one}/merge"), &json!({ "contact": two }));
        done(&world, merge.clone()).await;
        assert_eq!(done(&world, Asks::get(format!("/contacts/{one}"))).await["merged"], json!([two]));
        assert_eq!(ask(&world, merge).await.0, StatusCode::CONFLICT, "it is part of it already");
        let apart = Asks::bare(Method::POST, format!("/contacts/{two}/unmerge"));
        done(&world, apart.clone()).await;
        assert_eq!(ask(&world, apart).await.0, StatusCode::CONFLICT);
        let itself = Asks::post(format!("/contacts/{one}/merge"), &json!({ "contact": one }));
        assert_eq!(ask(&world, itself).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let erase = Asks::bare(Method::POST, format!("/contacts/{two}/erase"));
        let mut dry = erase.clone();
        dry.url.push_str("?dryRun=true");
        assert_eq!(done(&world, dry).await["calls"], 1, "the one with its number");
        assert_eq!(done(&world, erase.clone()).await["contacts"], 1);
        assert_eq!(ask(&world, erase).await.0, StatusCode::CONFLICT);
        let shown = done(&world, Asks::get(format!("/contacts/{two}"))).await;
        assert_eq!((&shown["phones"], &shown["email"]), (&json!([]), &Value::Null));
        let call = done(&world, Asks::get("/calls/main/call-alder-1")).await;
        assert_eq!(call["from"], Value::Null);
    }

    async fn the_history_of_a_contact_has_the_words_of_its_calls(db) {
        let mut world = two_accounts(&db).await;
        world.state.read = Arc::new(|source, record| {
            let mut call = crate::world::plain_call();
            assert_eq!((source, record), ("main", &br#"{"said":"hello alder"}"#[..]));
            call.transcript = Some("hello alder".to_owned());
            Some(call)
        });
        let first = world.contacts[0];
        // As a run links a call with its contact.
        db.stop_watching_revisions().await;
        db.execute(&format!(
            "UPDATE calls SET contact_id = {first}, contact_by = 'phone' WHERE provider_call_id = 'call-alder-0'"
        )).await;
        let shown = done(&world, Asks::get(format!("/contacts/{first}"))).await;
        assert_eq!((&shown["calls"], &shown["account"]), (&json!(1), &json!("alder ltd")));
        let heard = &shown["history"][0];
        assert_eq!((&heard["message"], &heard["providerCallId"]), (&json!("hello alder"), &json!("call-alder-0")));
    }

    async fn contacts_are_imported_for_the_account_of_the_token(db) {
        let world = two_accounts(&db).await;
        let file = "phone,first_name\n(201) 555-8000,Cy\nno,Dot\n";
        let report = done(&world, Asks::csv("/contacts/import", file)).await;
        assert_eq!((&report["new"], &report["refused"], &report["dryRun"]), (&json!(1), &json!(1), &json!(false)));
        let by_number = Asks::get("/contacts?phone=%2B12015558000");
        assert_eq!(found(&done(&world, by_number).await).len(), 1);
        let whose = Asks::csv("/contacts/import", file);
        let answer = send(&world.state, Some(&world.writer), &whose).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "an operator says whose");
    }
}
