-- The next :looked articles that have the words of a phrase, side by side or not, the last published first: the index knows which words
-- a text has, not where.
WITH matched AS MATERIALIZED (
  SELECT article_id, COALESCE(published_at, '-infinity') AS published_at
  FROM articles
  WHERE article_words(title, text) @@ websearch_to_tsquery('simple', :apart)
)
SELECT article_id, CONCAT(published_at AT TIME ZONE 'UTC', ' ', article_id) AS place
FROM (
  SELECT article_id, published_at
  FROM matched
  WHERE :after = ''
    OR (published_at, article_id) < (CAST(LEFT(NULLIF(:after, ''), -33) AS TIMESTAMP) AT TIME ZONE 'UTC', RIGHT(:after, 32))
  ORDER BY published_at DESC, article_id DESC
  LIMIT :looked
) next_ones
ORDER BY published_at DESC, article_id DESC;
