-- The stories that most sites ran.
SELECT s.story_id, a.title, a.site AS original, s.sites, s.members - 1 AS copies, s.first_published_at, a.url
FROM story_heads s
JOIN articles a ON a.article_id = s.canonical_article_id
WHERE s.members > 1
ORDER BY s.sites DESC, s.members DESC, s.first_published_at, s.story_id
LIMIT 20;
