-- No story and no article stands twice in clean_articles, and every story that has members is there.
-- What to do: as for references_are_whole.
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
