-- Which rule drops most, and the line that it drops most often.
SELECT rule, lines, sample, sample_times
FROM (
  SELECT
    rule,
    CAST(SUM(SUM(times)) OVER (PARTITION BY rule) AS BIGINT) AS lines,
    text AS sample,
    CAST(SUM(times) AS BIGINT) AS sample_times,
    ROW_NUMBER() OVER (PARTITION BY rule ORDER BY SUM(times) DESC, text) AS place
  FROM dropped_lines
  GROUP BY rule, text
) ranked
WHERE place = 1
ORDER BY lines DESC, rule;
