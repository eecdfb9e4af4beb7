-- The next :looked articles, the last published first: enough when the words are frequent, and then far cheaper than the index.
SELECT article_id, CONCAT(published_at AT TIME ZONE 'UTC', ' ', article_id) AS place
FROM articles
WHERE published_at IS NOT NULL
  AND (:after = '' OR (published_at, article_id) < (CAST(LEFT(NULLIF(:after, ''), -33) AS TIMESTAMP) AT TIME ZONE 'UTC', RIGHT(:after, 32)))
ORDER BY published_at DESC, article_id DESC
LIMIT :looked;
