-- The stories that most sites ran.
SELECT story_id, title, site AS original, sites, copies, first_published_at, url
FROM clean_articles
WHERE copies > 0
ORDER BY sites DESC, copies DESC, first_published_at, story_id
LIMIT 20;
