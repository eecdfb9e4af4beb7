-- Sources that brought articles before, and none in the last seven nights.
SELECT source_id, COUNT(*) AS articles, MAX(first_run_date) AS last_night, MAX(published_at) AS last_published_at
FROM articles
GROUP BY source_id
HAVING MAX(first_run_date) < (
  SELECT MIN(run_date)
  FROM (SELECT DISTINCT run_date FROM runs ORDER BY run_date DESC LIMIT 7) recent
)
ORDER BY last_night, source_id;
