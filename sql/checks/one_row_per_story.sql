-- No story and no article stands twice in clean_articles, and every story that has members is there.
-- What to do: load the nights that are missing, such as those before one that was loaded into an empty warehouse, or all of them:
-- copydesk replay --since FIRST_NIGHT. Where rows were changed by hand, do that with COPYDESK_WAREHOUSE_URL at an empty database.
SELECT 'story twice' AS problem, story_id AS id, COUNT(*) AS n
FROM clean_articles
WHERE story_id IS NOT NULL
GROUP BY story_id
HAVING COUNT(*) > 1
UNION ALL
SELECT 'story without its canonical article', s.story_id, s.members
FROM stories s
LEFT JOIN story_members m ON m.article_id = s.canonical_article_id AND m.story_id = s.story_id
LEFT JOIN articles a ON a.article_id = s.canonical_article_id
WHERE s.members > 0 AND (m.article_id IS NULL OR a.article_id IS NULL);
