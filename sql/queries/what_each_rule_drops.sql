-- Which rule drops most, and the line that it drops most often.
SELECT rule, lines, sample, sample_times
FROM (
  SELECT
    rule,
    CAST(SUM(COUNT(*)) OVER (PARTITION BY rule) AS BIGINT) AS lines,
    text AS sample,
    COUNT(*) AS sample_times,
    ROW_NUMBER() OVER (PARTITION BY rule ORDER BY COUNT(*) DESC, text) AS place
  FROM article_blocks
  GROUP BY rule, text
) ranked
WHERE place = 1
ORDER BY lines DESC, rule;
