-- Who else ran an article, by its address: here that of the story with most articles; put yours there. Its story leads to the others by
-- index; for a condition on canonical_article_id all articles are joined with their stories first.
SELECT c.site, c.relation, c.published_at, c.lag_hours, c.score, c.url
FROM (
  -- More than one where the page at the address has named another canonical URL since, and is another article.
  SELECT DISTINCT of_it.story_id
  FROM article_copies of_it
  WHERE of_it.url = (
    SELECT lead.url
    FROM story_heads s
    JOIN articles lead ON lead.article_id = s.canonical_article_id
    WHERE lead.url IS NOT NULL  -- a document may have none
    ORDER BY s.members DESC, s.story_id
    LIMIT 1
  )
) its
JOIN article_copies c ON c.story_id = its.story_id
ORDER BY CASE WHEN c.published_at IS NULL THEN 1 ELSE 0 END, c.published_at, c.site, c.article_id;
