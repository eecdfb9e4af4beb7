-- The pages of the newest night were fetched for it: none of its web fetches is more than two days older than the night.
-- What to do: correct the clock of the workers, if it was wrong. The night keeps its date (docs/operations.md says how to change it)
-- and everything is published with the first night after it.
SELECT run_id, source_id, COUNT(*) AS fetches, MIN(fetched_at) AS oldest
FROM fetches
WHERE run_date = (SELECT MAX(run_date) FROM runs)
  AND via IN ('feed', 'sitemap', 'list')
  AND fetched_at < (run_date - INTERVAL '2 days') AT TIME ZONE 'UTC'
GROUP BY run_id, source_id;
