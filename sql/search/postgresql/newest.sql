-- The same among the next five hundred articles alone, which are in the order that is wanted: enough when the words are frequent, and then
-- far cheaper than the index. Only those of the right shape, as regular expressions see it, are taken apart.
SELECT article_id, CONCAT(published_at AT TIME ZONE 'UTC', ' ', article_id) AS place, 0 AS matches
FROM (
  SELECT article_id, title, text, published_at
  FROM articles
  WHERE published_at IS NOT NULL
    AND (:after = '' OR (published_at, article_id)
      < (CAST(LEFT(NULLIF(:after, ''), -33) AS TIMESTAMP) AT TIME ZONE 'UTC', RIGHT(:after, 32)))
  ORDER BY published_at DESC, article_id DESC
  LIMIT 500
) next_ones
WHERE CASE
  WHEN CONCAT(title, ' ', text) ~* ALL(:shapes) THEN article_words(title, text) @@ websearch_to_tsquery('simple', :words)
  ELSE FALSE
END
ORDER BY published_at DESC, article_id DESC
LIMIT :size;
