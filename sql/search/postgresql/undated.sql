-- The next :looked articles that have no date: they come behind all others.
SELECT article_id, CONCAT('-infinity ', article_id) AS place
FROM articles
WHERE published_at IS NULL AND (LEFT(:after, 9) <> '-infinity' OR article_id < RIGHT(:after, 32))
ORDER BY article_id DESC
LIMIT :looked;
