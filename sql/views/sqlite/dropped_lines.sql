-- What cleaning took out of each article, and by which rule.
--   article_id  Article
--   site  Registered domain
--   text  The line as it stood in the page
--   rule  Id of the rule, see docs/rules.md
--   times  How often the line was dropped from this article
CREATE VIEW dropped_lines AS
SELECT
  a.article_id,
  a.site,
  json_extract(d.value, '$[0]') AS text,
  json_extract(d.value, '$[1]') AS rule,
  json_extract(d.value, '$[2]') AS times
FROM articles a, json_each((
  -- Counted article by article: whoever joins the view with a few of them waits for these alone. SQLite has no LATERAL but this.
  SELECT json_group_array(json_array(text, rule, times))
  FROM (SELECT b.text, b.rule, COUNT(*) AS times FROM dropped_blocks b WHERE b.article_id = a.article_id GROUP BY b.text, b.rule)
)) d;
