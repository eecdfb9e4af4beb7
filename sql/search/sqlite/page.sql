-- The next articles that have the words, the last loaded first: the index is in that order, so a word that every article has
-- costs no more than a rare one.
SELECT r.article_id, s.rowid AS place, 0 AS matches
FROM article_search s
JOIN article_search_rows r ON r.id = s.rowid
WHERE article_search MATCH :words AND s.rowid < CAST(COALESCE(NULLIF(:after, ''), '9223372036854775807') AS INTEGER)
ORDER BY s.rowid DESC
LIMIT :size;
