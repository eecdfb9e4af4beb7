-- The next articles that have the words, the last published first, with the number of articles that have them. The index gives
-- them in no order, so all are looked at: who calls sets a bound for a word that a great part of the articles has.
WITH matched AS MATERIALIZED (
  SELECT article_id, COALESCE(published_at, '-infinity') AS published_at
  FROM articles
  WHERE article_words(title, text) @@ websearch_to_tsquery('simple', :words)
)
SELECT article_id, CONCAT(published_at AT TIME ZONE 'UTC', ' ', article_id) AS place, (SELECT COUNT(*) FROM matched) AS matches
FROM matched
WHERE :after = ''
  OR (published_at, article_id) < (CAST(LEFT(NULLIF(:after, ''), -33) AS TIMESTAMP) AT TIME ZONE 'UTC', RIGHT(:after, 32))
ORDER BY published_at DESC, article_id DESC
LIMIT :size;
