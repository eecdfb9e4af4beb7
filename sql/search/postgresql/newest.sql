-- The same among the next hundred articles alone: enough when every word is frequent, and then far cheaper than the index.
SELECT article_id, CONCAT(published_at AT TIME ZONE 'UTC', ' ', article_id) AS place, 0 AS matches
FROM (
  SELECT article_id, title, text, published_at
  FROM articles
  WHERE published_at IS NOT NULL
    AND (:after = '' OR (published_at, article_id)
      < (CAST(LEFT(NULLIF(:after, ''), -33) AS TIMESTAMP) AT TIME ZONE 'UTC', RIGHT(:after, 32)))
  ORDER BY published_at DESC, article_id DESC
  LIMIT 100
) next_ones
WHERE article_words(title, text) @@ websearch_to_tsquery('simple', :words)
ORDER BY published_at DESC, article_id DESC
LIMIT :size;
