-- The runs that were loaded.
--   run_id  Run
--   run_date  The night the run stands for
--   code_version  Version of Copydesk that made the rows
--   config_hash  Hash of the settings and sources that can change what a run makes
--   first_loaded_at  When the run was first loaded
--   loaded_at  When a load of the run last changed a row
CREATE VIEW nightly_runs AS
SELECT run_id, run_date, code_version, config_hash, first_loaded_at, loaded_at
FROM runs;
