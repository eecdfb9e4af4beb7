-- Cleaning works: of the newest night, fewer than one article in fifty (and fewer than five) has a paragraph that is
-- nothing but a label. A single one is no reason to keep a night back; many mean that the rules no longer meet the pages.
-- What to do: copydesk explain ARTICLE_ID shows the blocks of such a page; add a rule or mend one (CONTRIBUTING.md), then
-- copydesk replay --since NIGHT.
WITH labels (label) AS (
  VALUES ('Advertisement'), ('Share'), ('Share this article'), ('Read more'), ('Related'), ('Subscribe now')
),
night AS (
  -- With a blank line before the first paragraph and behind the last, too.
  SELECT article_id, LOWER('

' || text || '

') AS text
  FROM articles
  WHERE first_run_date = (SELECT MAX(run_date) FROM runs)
),
found AS (
  -- Not by LIKE, for which capitals differ from small letters in PostgreSQL alone.
  SELECT night.article_id, labels.label
  FROM night
  JOIN labels ON REPLACE(night.text, LOWER('

' || labels.label || '

'), '') <> night.text
)
SELECT COUNT(DISTINCT article_id) AS articles, MIN(label) AS label, MIN(article_id) AS article_id
FROM found
HAVING COUNT(DISTINCT article_id) >= 5 AND COUNT(DISTINCT article_id) * 50 >= (SELECT COUNT(*) FROM night);
