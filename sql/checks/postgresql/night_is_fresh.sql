-- The pages of the newest night were fetched for it: none of its web fetches is more than two days older than the night.
SELECT run_id, source_id, COUNT(*) AS fetches, MIN(fetched_at) AS oldest
FROM fetches
WHERE run_date = (SELECT MAX(run_date) FROM runs)
  AND via IN ('feed', 'sitemap', 'list')
  AND fetched_at < run_date - INTERVAL '2 days'
GROUP BY run_id, source_id;
