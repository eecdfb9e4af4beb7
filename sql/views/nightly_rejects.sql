-- What a run put into quarantine, open or not.
--   run_id  Run that rejected it
--   run_date  The night the run stands for
--   url_id  First 32 hex digits of the sha256 of the normalised URL
--   url  URL of the input
--   site  Registered domain
--   source_id  Source in sources.toml
--   stage  Stage that rejected it
--   reason  Code of the reason
--   detail  The reason in words
--   retryable  Whether a later attempt may succeed
--   raw_ref  Where the page is archived: file#offset+length
--   resolved_run_id  Run that got the input through; null while open
CREATE VIEW nightly_rejects AS
SELECT run_id, run_date, url_id, url, site, source_id, stage, reason, detail, retryable, raw_ref, resolved_run_id
FROM rejects;
