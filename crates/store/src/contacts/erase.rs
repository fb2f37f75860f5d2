//! Erasing what is known of a person: rows stay, so that counts stay true; what they say goes.

use domain::{ContactId, SourceId, Timestamp};

use super::for_keys;
use crate::db::either;
use crate::{StoreError, Tx};

const CONTACTS: &str = "
UPDATE contacts SET first_name = NULL, last_name = NULL, email = NULL, fields = '{}',
                    changed_at = $1, erased_at = $1
WHERE contact_id IN ";

const PHONES: &str = "
DELETE FROM contact_phones WHERE contact_id IN ";

const IDS: &str = "
DELETE FROM contact_external_ids WHERE contact_id IN ";

// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
const CALLS: &str = "
UPDATE calls SET from_raw = NULL, from_e164 = NULL, to_raw = NULL, to_e164 = NULL,
                 provider_contact_id = NULL, parts = 0, awaits = NULL, look_again_at = NULL,
                 erased_at = $1, revision = $2
WHERE source_id + 0 = $3 AND provider_call_id IN ";

const OBSERVATIONS: &str = "
UPDATE observations SET raw = $1, dictionary_id = 0 WHERE source_id = $2 AND provider_call_id IN ";

const SET_ASIDE: &str = "
UPDATE set_aside SET raw = $1, dictionary_id = 0 WHERE source_id = $2 AND provider_call_id IN ";

impl Tx {
    /// Empties contacts, and takes their numbers and ids from them.
    pub async fn contacts_erase(
        &mut self,
        contacts: &[ContactId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        let at = now.as_millis();
        let done: Result<(), StoreError> =
            either!(self.conn(), |db| for_keys!(db, CONTACTS, [at], &keys));
        done?;
        let done: Result<(), StoreError> =
            either!(self.conn(), |db| for_keys!(db, PHONES, [], &keys));
        done?;
        either!(self.conn(), |db| for_keys!(db, IDS, [], &keys))
    }

    /// Takes numbers and words from calls, and puts `instead` in the place of their records.
    pub async fn calls_erase(
        &mut self,
        source: SourceId,
        ids: &[String],
        instead: &[u8],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let (at, revision) = (now.as_millis(), self.revision(source).await?);
        let done: Result<(), StoreError> =
            either!(self.conn(), |db| for_keys!(db, CALLS, [at, revision, source.0], ids));
        done?;
        for statement in [OBSERVATIONS, SET_ASIDE] {
            let done: Result<(), StoreError> =
                either!(self.conn(), |db| for_keys!(db, statement, [instead, source.0], ids));
            done?;
        }
        self.callers_drop(source, ids).await
    }
}
