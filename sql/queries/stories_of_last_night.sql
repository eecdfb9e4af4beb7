-- One row per story that last night brought, the most copied first.
SELECT c.story_id, c.site, c.title, c.published_at, c.word_count, c.copies, c.sites, c.url
FROM clean_articles c
JOIN articles a ON a.article_id = c.article_id
WHERE a.first_run_date = (SELECT MAX(run_date) FROM runs)
ORDER BY c.sites DESC, c.copies DESC, c.title, c.story_id;
