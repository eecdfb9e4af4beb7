-- Quarantine: inputs that no run has got through yet, each with its newest reason.
--   url_id  First 32 hex digits of the sha256 of the normalised URL
--   url  URL of the input
--   site  Registered domain
--   source_id  Source in sources.toml
--   stage  Stage that rejected it
--   reason  Code of the reason
--   detail  The reason in words
--   retryable  Whether a later attempt may succeed
--   raw_ref  Where the page is archived: file#offset+length
--   run_id  Run that rejected it last
--   run_date  The night of that run
--   nights  Runs that rejected it
CREATE VIEW open_rejects AS
SELECT url_id, url, site, source_id, stage, reason, detail, retryable, raw_ref, run_id, run_date, nights
FROM (
  SELECT
    r.*,
    DENSE_RANK() OVER (PARTITION BY url_id ORDER BY run_date, run_id) AS nights,  -- of the newest row: how many runs
    ROW_NUMBER() OVER (PARTITION BY url_id ORDER BY run_date DESC, run_id DESC, stage) AS newest
  FROM rejects r
  WHERE resolved_run_id IS NULL
) latest
WHERE newest = 1;
