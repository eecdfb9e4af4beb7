-- What cleaning took out of each article, and by which rule.
--   article_id  Article
--   site  Registered domain
--   text  The line as it stood in the page
--   rule  Id of the rule, see docs/rules.md
--   times  How often the line was dropped from this article
CREATE VIEW dropped_lines AS
SELECT d.article_id, a.site, d.text, d.rule, COUNT(*) AS times
FROM dropped_blocks d
JOIN articles a ON a.article_id = d.article_id
GROUP BY d.article_id, a.site, d.text, d.rule;
