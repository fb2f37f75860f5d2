//! What a rig's database holds, unpacked.

use domain::ProviderCallId;
use engine::ingest::Dictionaries;
use engine::view::versions;
use store::{CallKey, Scope, SetAsideRow};

use crate::Rig;

impl Rig {
    /// The record of a call as the provider showed it last.
    pub async fn record_of(&self, id: &str) -> String {
        let key = CallKey { source: self.source.row.id, id: ProviderCallId(id.to_owned()) };
        let all = versions(&self.db.store, Scope::Operator, &key).await;
        let last = all.expect("versions can be read").pop().expect("a stored call was seen");
        String::from_utf8(last.raw).expect("a record is text")
    }

    /// The records set aside, oldest first, each with its text.
    pub async fn set_aside(&self) -> Vec<(SetAsideRow, String)> {
        let rows = self.db.store.set_aside_list(self.source.row.id, 0, 1_000_000).await;
        let mut dictionaries = Dictionaries::default();
        let mut found = Vec::new();
        for row in rows.expect("they can be listed") {
            let known = self.db.store.dictionary_get(row.dictionary_id).await;
            if let Some(known) = known.expect("a dictionary can be read") {
                dictionaries.add(known.dictionary_id, &known.content);
            }
            let raw = dictionaries.unpack(row.dictionary_id, &row.raw).expect("it unpacks");
            found.push((row, String::from_utf8(raw).expect("a record is text")));
        }
        found
    }
}
