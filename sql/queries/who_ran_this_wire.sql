-- Who ran each story that more than one site carried, and how many hours after the article that stands for it; with the agency,
-- where a page credits one.
SELECT w.wire_credit, c.story_id, lead.title, c.site, c.relation, c.published_at, c.lag_hours, c.score, c.url
FROM (
  SELECT m.story_id, MIN(a.wire_credit) AS wire_credit
  FROM story_members m
  JOIN articles a ON a.article_id = m.article_id
  GROUP BY m.story_id
  HAVING COUNT(DISTINCT a.site) > 1
) w
JOIN article_copies c ON c.story_id = w.story_id
JOIN articles lead ON lead.article_id = c.canonical_article_id
ORDER BY
  CASE WHEN w.wire_credit IS NULL THEN 1 ELSE 0 END,
  w.wire_credit,
  c.story_id,
  CASE WHEN c.lag_hours IS NULL THEN 1 ELSE 0 END,
  c.lag_hours,
  c.site,
  c.article_id;
