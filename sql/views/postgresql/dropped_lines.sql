-- What cleaning took out of each article, and by which rule.
--   article_id  Article
--   site  Registered domain
--   text  The line as it stood in the page
--   rule  Id of the rule, see docs/rules.md
--   times  How often the line was dropped from this article
CREATE VIEW dropped_lines AS
SELECT a.article_id, a.site, d.text, d.rule, d.times
FROM articles a
CROSS JOIN LATERAL (
  -- Counted article by article: whoever joins the view with a few of them waits for these alone.
  SELECT b.text, b.rule, COUNT(*) AS times
  FROM dropped_blocks b
  WHERE b.article_id = a.article_id
  GROUP BY b.text, b.rule
) d;
