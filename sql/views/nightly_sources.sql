-- What each source brought on a night, site by site, counted when the run was loaded.
--   run_id  Run
--   run_date  The night the run stands for
--   source_id  Source in sources.toml
--   site  Registered domain
--   fetches  URLs asked for
--   fetched  Pages that came, new or changed
--   not_modified  Pages that had not changed
--   body_bytes  Bytes of the inflated bodies
--   articles  Articles that the run brought
--   copies  Of these, copies of other articles
--   words  Words of their clean texts
--   dropped_blocks  Blocks that cleaning took out of them
--   rejects  Inputs put into quarantine
--   first_fetched_at  Time of the first fetch
--   last_fetched_at  Time of the last fetch
CREATE VIEW nightly_sources AS
SELECT
  run_id, run_date, source_id, site, fetches, fetched, not_modified, body_bytes, articles, copies, words, dropped_blocks, rejects,
  first_fetched_at, last_fetched_at
FROM run_sources;
