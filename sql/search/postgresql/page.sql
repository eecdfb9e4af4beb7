-- The next articles that have the words, the last published first.
SELECT article_id, CONCAT(published_at AT TIME ZONE 'UTC', ' ', article_id) AS place
FROM articles
WHERE article_words(title, text) @@ websearch_to_tsquery('simple', :words)
  AND published_at IS NOT NULL
  AND (:after = '' OR (published_at, article_id)
    < (CAST(LEFT(NULLIF(:after, ''), -33) AS TIMESTAMP) AT TIME ZONE 'UTC', RIGHT(:after, 32)))
ORDER BY published_at DESC, article_id DESC
LIMIT :size;
