-- What one stage hands on is what the next one saw, and every fetch that is reported is here.
-- What to do: load the night that run_id names again, copydesk run --from load --date NIGHT; where it fails once more, --from extract.
WITH handed_on (stage, outcome, next_stage) AS (
  VALUES ('fetch', 'fetched', 'extract'), ('extract', 'article', 'clean'), ('clean', 'kept', 'dedup'), ('dedup', NULL, 'load')
),
given AS (
  SELECT r.run_id, h.next_stage, SUM(CASE WHEN h.outcome IS NULL OR h.outcome = r.outcome THEN r.n ELSE 0 END) AS n
  FROM stage_reports r
  JOIN handed_on h ON h.stage = r.stage
  GROUP BY r.run_id, h.next_stage
),
seen AS (
  SELECT run_id, stage, SUM(n) AS n FROM stage_reports GROUP BY run_id, stage
),
stored AS (
  SELECT run_id, COUNT(*) AS n FROM fetches GROUP BY run_id
)
SELECT given.run_id, given.next_stage AS stage, given.n AS handed_on, seen.n AS seen
FROM given
JOIN seen ON seen.run_id = given.run_id AND seen.stage = given.next_stage
WHERE given.n <> seen.n
UNION ALL
SELECT seen.run_id, 'fetches', seen.n, COALESCE(stored.n, 0)
FROM seen
LEFT JOIN stored ON stored.run_id = seen.run_id
WHERE seen.stage = 'fetch' AND seen.n > COALESCE(stored.n, 0);
