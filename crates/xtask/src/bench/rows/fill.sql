-- Fills a fresh database with many calls as ten sources over three years leave them: one in
-- twenty waits, one in fifty is left out, half have a contact, ids are random texts.
INSERT INTO sources (name, provider, scope, since, created_at)
SELECT 'source-' || n, 'highlevel_voice_ai', 'scope-' || n, 1700000000000, 1700000000000
FROM generate_series(1, 10) n;
INSERT INTO accounts (name, created_at)
SELECT 'Account ' || n, 1700000000000 FROM generate_series(1, 100) n;
INSERT INTO agents (source_id, provider_agent_id, name, first_seen_at, last_seen_at)
SELECT s, 'agent-' || n, 'Agent ' || n, 1700000000000, 1700000000000
FROM generate_series(1, 10) s, generate_series(1, 50) n;
INSERT INTO runs (source_id, kind, status, parameters, started_at, finished_at)
SELECT 1, 'manual', 'success', '{}', 1700000000000, 1700000001000;
-- Ten thousand windows a source, of which neighbours differ in level and so do not merge.
INSERT INTO coverage (source_id, stream, facet, window_from, window_to, level, listed, run_id, checked_at)
SELECT s, 'calls', '', 1700000000000 + n::bigint * 9460800, 1700000000000 + (n + 1)::bigint * 9460800,
       CASE n % 2 WHEN 0 THEN 'settled' ELSE 'listed' END, 10, 1, 1700000000000
FROM generate_series(1, 10) s, generate_series(0, 9999) n;
