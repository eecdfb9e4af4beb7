-- How often each rule fired on the articles that a night brought, counted when the run was loaded.
--   run_id  Run
--   run_date  The night the run stands for
--   rule  Id of the rule, see docs/rules.md
--   blocks  Blocks that the rule dropped
--   articles  Articles that it dropped them from
CREATE VIEW nightly_rules AS
SELECT run_id, run_date, rule, blocks, articles
FROM run_rules;
