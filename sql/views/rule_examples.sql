-- Lines that each rule dropped: up to sixteen of each rule and night, from different articles.
--   run_id  Run
--   run_date  The night the run stands for
--   rule  Id of the rule, see docs/rules.md
--   article_id  Article
--   site  Registered domain
--   title  Headline of the article
--   text  The line as it stood in the page
CREATE VIEW rule_examples AS
SELECT s.run_id, s.run_date, s.rule, s.article_id, a.site, a.title, d.text
FROM rule_samples s
JOIN dropped_blocks d ON d.article_id = s.article_id AND d.block_index = s.block_index AND d.rule = s.rule
JOIN articles a ON a.article_id = s.article_id;
