-- How many items each stage of a run saw, by what became of them.
--   run_id  Run
--   run_date  The night the run stands for
--   stage  Stage of the pipeline
--   outcome  What became of the items
--   n  Items
CREATE VIEW nightly_funnel AS
SELECT run_id, run_date, stage, outcome, CAST(SUM(n) AS BIGINT) AS n
FROM stage_reports
GROUP BY run_id, run_date, stage, outcome;
