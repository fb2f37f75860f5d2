-- Indexes are written once, when all rows are there.
CREATE TABLE bench_indexes AS
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'calls' AND indexname <> 'calls_pkey';
DO $$ DECLARE one RECORD; BEGIN
    FOR one IN SELECT indexname FROM bench_indexes LOOP
        EXECUTE 'DROP INDEX ' || one.indexname;
    END LOOP;
END $$;
ALTER TABLE calls DROP CONSTRAINT calls_pkey;
ALTER TABLE observations DROP CONSTRAINT observations_pkey;

-- In the order of time, as they come; three years are 94,608,000 seconds.
INSERT INTO calls
    (source_id, provider_call_id, occurred_at, occurred_text, ended_at, duration_ms, direction,
     status, from_raw, from_e164, to_raw, to_e164, provider_agent_id, provider_contact_id, parts,
     tags, agent_id, account_id, placement, reason, content_hash, version, first_seen_at,
     first_seen_by, first_run, changed_at, changed_run)
SELECT 1 + h % 10, substr(m, 1, 24), at, '2024-01-01T00:00:00.000Z', at + 90000, 90000,
       CASE h % 2 WHEN 0 THEN 'inbound' ELSE 'outbound' END, 'completed',
       '+1201555' || lpad((h % 10000)::text, 4, '0'), '+1201555' || lpad((h % 10000)::text, 4, '0'),
       '+1302555' || lpad((h % 9973)::text, 4, '0'), '+1302555' || lpad((h % 9973)::text, 4, '0'),
       'agent-' || 1 + h % 50, CASE h % 2 WHEN 0 THEN substr(m, 5, 20) END, 7, '', 1 + h % 500,
       CASE WHEN h / 10 % 100 < 93 THEN 1 + h % 97 END,
       CASE WHEN h / 10 % 100 < 93 THEN 'placed' WHEN h / 10 % 100 < 98 THEN 'waiting' ELSE 'excluded' END,
       CASE WHEN h / 10 % 100 < 93 THEN 'agent_assignment' WHEN h / 10 % 100 < 98
            THEN 'agent_not_assigned_to_user' ELSE 'excluded_by_rule' END,
       decode(m, 'hex'), 1, at + 600000, 'poll', 1, at + 600000, 1
FROM (SELECT 1700000000000 + n * (94608000000 / $ROWS) AS at, md5(n::text) AS m,
             ('x' || substr(md5('h' || n), 1, 7))::bit(28)::int AS h
      FROM generate_series(1, $ROWS::bigint) n) each;

INSERT INTO observations
    (source_id, provider_call_id, version, content_hash, seen_at, seen_by, run_id, dictionary_id, raw)
SELECT source_id, provider_call_id, 1, content_hash, first_seen_at, 'poll', 1, 0,
       content_hash || content_hash || content_hash || content_hash || content_hash || content_hash
       || content_hash || content_hash || content_hash || content_hash || content_hash || content_hash
       || content_hash || content_hash || content_hash || content_hash
FROM calls;

ALTER TABLE calls ADD CONSTRAINT calls_pkey PRIMARY KEY (provider_call_id, source_id);
ALTER TABLE observations ADD CONSTRAINT observations_pkey
    PRIMARY KEY (source_id, provider_call_id, version);
DO $$ DECLARE one RECORD; BEGIN
    FOR one IN SELECT indexdef FROM bench_indexes LOOP
        EXECUTE one.indexdef;
    END LOOP;
END $$;
DROP TABLE bench_indexes;
