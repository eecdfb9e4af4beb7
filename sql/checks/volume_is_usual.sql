-- The newest night brought at least a fifth of the median of the seven nights before it. Says nothing before there are seven,
-- nor below a median of ten articles.
-- What to do: look for sources that failed or brought little (copydesk quarantine list, copydesk report), mend them and run the night
-- again. Where so few were to come, nothing: the next usual night is published with this one.
WITH nights AS (
  SELECT run_date, ROW_NUMBER() OVER (ORDER BY run_date DESC) AS back
  FROM (SELECT DISTINCT run_date FROM runs) r
),
volumes AS (
  SELECT nights.back, nights.run_date, COUNT(a.article_id) AS n
  FROM nights
  LEFT JOIN articles a ON a.first_run_date = nights.run_date
  WHERE nights.back <= 8
  GROUP BY nights.back, nights.run_date
),
ranked AS (
  SELECT n, ROW_NUMBER() OVER (ORDER BY n) AS place FROM volumes WHERE back > 1
)
SELECT volumes.run_date, volumes.n AS articles, ranked.n AS usual
FROM volumes
JOIN ranked ON ranked.place = 4
WHERE volumes.back = 1
  AND (SELECT COUNT(*) FROM ranked) = 7
  AND ranked.n >= 10
  AND volumes.n * 5 < ranked.n;
