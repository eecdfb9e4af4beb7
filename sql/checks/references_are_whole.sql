-- Whatever a row names is there: articles, stories and runs.
-- What to do: load the nights that are missing, such as those before one that was loaded into an empty warehouse, or all of them:
-- copydesk replay --since FIRST_NIGHT. Where rows were deleted by hand, do that with COPYDESK_WAREHOUSE_URL at an empty database.
SELECT 'member without article' AS problem, m.article_id AS id, m.story_id AS names
FROM story_members m
LEFT JOIN articles a ON a.article_id = m.article_id
WHERE a.article_id IS NULL
UNION ALL
SELECT 'member without story', m.article_id, m.story_id
FROM story_members m
LEFT JOIN stories s ON s.story_id = m.story_id
WHERE s.story_id IS NULL
UNION ALL
SELECT 'copy of an unknown article', m.article_id, m.matched_article_id
FROM story_members m
LEFT JOIN articles a ON a.article_id = m.matched_article_id
WHERE m.matched_article_id IS NOT NULL AND a.article_id IS NULL
UNION ALL
SELECT 'dropped block without article', d.article_id, d.rule
FROM dropped_blocks d
LEFT JOIN articles a ON a.article_id = d.article_id
WHERE a.article_id IS NULL
UNION ALL
SELECT 'version without article', v.article_id, v.content_hash
FROM article_versions v
LEFT JOIN articles a ON a.article_id = v.article_id
WHERE a.article_id IS NULL
UNION ALL
SELECT 'passage without source', p.article_id, p.source_article_id
FROM passages p
LEFT JOIN articles a ON a.article_id = p.source_article_id
WHERE a.article_id IS NULL
UNION ALL
SELECT 'passage outside of the text', p.article_id, p.source_article_id
FROM passages p
LEFT JOIN articles a ON a.article_id = p.article_id
WHERE a.article_id IS NULL OR p.start_offset < 0 OR p.end_offset <= p.start_offset OR p.end_offset > LENGTH(a.text)
UNION ALL
SELECT 'article of an unknown run', a.article_id, CASE WHEN last.run_id IS NULL THEN a.last_run_id ELSE a.first_run_id END
FROM articles a
LEFT JOIN runs last ON last.run_id = a.last_run_id
LEFT JOIN runs first ON first.run_id = a.first_run_id
WHERE last.run_id IS NULL OR first.run_id IS NULL
UNION ALL
SELECT 'story of an unknown run', s.story_id, s.first_run_id
FROM stories s
LEFT JOIN runs r ON r.run_id = s.first_run_id
WHERE r.run_id IS NULL;
