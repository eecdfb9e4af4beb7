-- The funnel of the newest night.
SELECT stage, outcome, n
FROM nightly_funnel
WHERE run_date = (SELECT MAX(run_date) FROM runs)
ORDER BY
  CASE stage
    WHEN 'discover' THEN 1 WHEN 'fetch' THEN 2 WHEN 'extract' THEN 3 WHEN 'clean' THEN 4 WHEN 'dedup' THEN 5 ELSE 6
  END,
  n DESC,
  outcome;
