-- SQLite. Its twin is migrations/postgres; a test compares the two.

-- Whether a source's calls make contacts, look for them, or neither; NULL: what suits its provider.
ALTER TABLE sources ADD COLUMN contacts TEXT;

-- With whom a call was, and by what that was found; and when its words were erased for good.
ALTER TABLE calls ADD COLUMN contact_id INTEGER;
ALTER TABLE calls ADD COLUMN contact_by TEXT;
ALTER TABLE calls ADD COLUMN erased_at INTEGER;
CREATE INDEX calls_of_contact ON calls (contact_id, occurred_at) WHERE contact_id IS NOT NULL;

CREATE TABLE contacts (
    contact_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES accounts (account_id),
    -- The first three of its fields, for whoever reads the table.
    first_name  TEXT,
    last_name   TEXT,
    email       TEXT,
    -- Every field as JSON: what was said, and when.
    fields      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    created_by  TEXT NOT NULL,
    changed_at  INTEGER NOT NULL,
    -- A merged contact keeps its own numbers, ids and calls, so that it can be taken apart again.
    merged_into INTEGER,
    merged_at   INTEGER,
    merged_by   TEXT,
    erased_at   INTEGER
) STRICT;
CREATE INDEX contacts_of_account ON contacts (account_id, contact_id);
CREATE INDEX contacts_merged ON contacts (merged_into) WHERE merged_into IS NOT NULL;

-- Several contacts may have one number; calls from it then wait.
CREATE TABLE contact_phones (
    account_id INTEGER NOT NULL,
    e164       TEXT NOT NULL,
    contact_id INTEGER NOT NULL REFERENCES contacts (contact_id),
    PRIMARY KEY (account_id, e164, contact_id)
) STRICT;
CREATE INDEX contact_phones_of_contact ON contact_phones (contact_id);

CREATE TABLE contact_external_ids (
    account_id INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    contact_id INTEGER NOT NULL REFERENCES contacts (contact_id),
    PRIMARY KEY (account_id, kind, id)
) STRICT;
CREATE INDEX contact_external_ids_of_contact ON contact_external_ids (contact_id);

-- What a call that has no contact yet says about the person, so that it can get one without being
-- read again. Gone when it has one.
CREATE TABLE callers (
    source_id        INTEGER NOT NULL,
    provider_call_id TEXT NOT NULL,
    -- 1 where the call waits for its contact, 0 where it waits for something else.
    is_sought        INTEGER NOT NULL,
    phone            TEXT,
    external_kind    TEXT,
    external_id      TEXT,
    fields           TEXT NOT NULL,
    PRIMARY KEY (source_id, provider_call_id)
) STRICT;
CREATE INDEX callers_by_phone ON callers (phone, source_id, provider_call_id) WHERE phone IS NOT NULL;
CREATE INDEX callers_by_external_id ON callers (external_id, source_id, provider_call_id)
    WHERE external_id IS NOT NULL;
CREATE INDEX callers_sought ON callers (is_sought, source_id, provider_call_id);

-- Contacts whose waiting calls of a source are to be looked at: written with the contact, gone when
-- it is done.
CREATE TABLE contact_arrivals (
    arrival_id INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id  INTEGER NOT NULL REFERENCES changes (change_id),
    source_id  INTEGER NOT NULL REFERENCES sources (source_id),
    contact_id INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_arrivals_by_source ON contact_arrivals (source_id, arrival_id);
