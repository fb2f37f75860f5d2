//! The account's numbers and the applications of some (§4): who answers and who is told of calls.

use serde_json::{Value, json};

use crate::server::{Answer, Asked};

use super::errors::error;
use super::list::page_of;
use super::record::{OWN, Renderer};
use super::settings::Number;
use super::timeline::sid;

/// `GET …/IncomingPhoneNumbers.json`.
pub(super) fn numbers(renderer: &Renderer<'_>, asked: &Asked) -> Answer {
    list(renderer, asked, "incoming_phone_numbers", |own, it| Some(number(own, it)))
}

/// `GET …/Applications.json`.
pub(super) fn applications(renderer: &Renderer<'_>, asked: &Asked) -> Answer {
    list(renderer, asked, "applications", application)
}

fn list(
    renderer: &Renderer<'_>,
    asked: &Asked,
    key: &str,
    of: impl Fn(&str, &Number) -> Option<Value>,
) -> Answer {
    let settings = renderer.settings;
    if !settings.lists_numbers {
        return error(settings.error_body, 403, 20003, "Permission denied");
    }
    let own = OWN.iter().zip(&settings.numbers);
    let items: Vec<Value> = own.filter_map(|(number, it)| of(number, it)).collect();
    page_of(asked, settings, key, &items, Value::clone)
}

fn number(number: &str, it: &Number) -> Value {
    // An application's addresses stand for a number's own, which are then empty.
    let own =
        |url: &Option<String>| url.clone().filter(|_| !it.has_application).unwrap_or_default();
    json!({
        "sid": sid("PN", number),
        "phone_number": number,
        "friendly_name": number,
        "voice_url": own(&it.voice_url),
        "voice_method": "POST",
        "status_callback": own(&it.status_callback),
        "status_callback_method": it.status_callback_method,
        "voice_application_sid": if it.has_application { sid("AP", number) } else { String::new() },
        "trunk_sid": it.is_on_trunk.then(|| sid("TK", number)),
        "capabilities": { "voice": true, "sms": true, "mms": false },
    })
}

fn application(number: &str, it: &Number) -> Option<Value> {
    it.has_application.then(|| {
        json!({
            "sid": sid("AP", number),
            "friendly_name": "Front desk",
            "voice_url": it.voice_url,
            "voice_method": "POST",
            "status_callback": it.status_callback,
            "status_callback_method": it.status_callback_method,
        })
    })
}
