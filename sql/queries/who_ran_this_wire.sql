-- Who ran the stories credited to an agency that more than one page carried, and how many hours after the article that stands
-- for the story.
SELECT w.wire_credit, c.story_id, lead.title, c.site, c.relation, c.published_at, c.lag_hours, c.score, c.url
FROM (
  SELECT m.story_id, MIN(a.wire_credit) AS wire_credit
  FROM story_members m
  JOIN articles a ON a.article_id = m.article_id
  WHERE a.wire_credit IS NOT NULL
  GROUP BY m.story_id
) w
JOIN article_copies c ON c.story_id = w.story_id
JOIN articles lead ON lead.article_id = c.canonical_article_id
WHERE c.relation <> 'unique'
ORDER BY w.wire_credit, c.story_id, CASE WHEN c.lag_hours IS NULL THEN 1 ELSE 0 END, c.lag_hours, c.site, c.article_id;
