-- What the checks of sql/checks found when a night was last published.
--   run_date  The night that was published
--   name  File name of the check
--   passed  Whether it found nothing
--   meaning  What the check holds to
--   found  The first rows it found, as JSON
CREATE VIEW nightly_checks AS
SELECT run_date, name, passed, meaning, found
FROM run_checks;
