-- Who ran each story that more than one site carried, and how many hours after the article that stands for it; with the agency,
-- where a page credits one.
SELECT w.wire_credit, c.story_id, lead.title, c.site, c.relation, c.published_at, c.lag_hours, c.score, c.url
FROM (
  SELECT m.story_id, MIN(m.wire_credit) AS wire_credit
  FROM story_heads s
  JOIN story_articles m ON m.story_id = s.story_id
  WHERE s.sites > 1
  GROUP BY m.story_id
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
