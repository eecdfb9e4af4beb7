-- Roles for PostgreSQL. Run it as the owner of the tables, after `copydesk db upgrade`, once for each database; again does no harm:
--
--   psql "$COPYDESK_WAREHOUSE_URL" -f sql/roles/postgresql.sql
--   psql "$COPYDESK_WAREHOUSE_URL" -c "CREATE ROLE ada LOGIN PASSWORD '…' IN ROLE copydesk_analyst"
--   psql "$COPYDESK_WAREHOUSE_URL" -c "CREATE ROLE nightly LOGIN PASSWORD '…' IN ROLE copydesk_loader"
--
-- An owner who may not create roles has a superuser say CREATE ROLE copydesk_analyst; CREATE ROLE copydesk_loader; before it. Run by anybody but
-- the owner it would leave the views that an upgrade makes anew unreadable.
--
-- copydesk_analyst reads tables and views. copydesk_loader writes rows and makes temporary tables, and nothing else: the schema
-- is changed by its owner alone, so run `copydesk db upgrade` as the owner when a new version asks for it or full-text search is
-- turned on, and this file after it; when it is turned off, sql/search/postgresql/disable.sql.

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'copydesk_analyst') THEN
    CREATE ROLE copydesk_analyst NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'copydesk_loader') THEN
    CREATE ROLE copydesk_loader NOLOGIN;
  END IF;
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO copydesk_analyst, copydesk_loader', current_database());
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO copydesk_loader', current_database());
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO copydesk_analyst, copydesk_loader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO copydesk_analyst, copydesk_loader;
GRANT INSERT, UPDATE ON
  runs, url_state, fetches, articles, article_versions, dropped_blocks, stories, story_members, passages, rejects, site_lines,
  stage_reports, run_sources, run_rules, rule_samples, run_stories, run_checks, dedup_index
TO copydesk_loader;
-- The parts of an article or a run that are replaced with it, and figures that are counted again; nothing else is ever deleted.
GRANT DELETE ON
  dropped_blocks, passages, stage_reports, run_sources, run_rules, rule_samples, run_stories, run_checks, dedup_index
TO copydesk_loader;

-- A load must be able to count a table that it has put rows into, which PostgreSQL leaves to the owner: a planner that takes a table for
-- empty joins it row by row.
CREATE OR REPLACE FUNCTION copydesk_analyze(name TEXT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  EXECUTE format('ANALYZE public.%I', name);
END
$$;
REVOKE EXECUTE ON FUNCTION copydesk_analyze(TEXT) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION copydesk_analyze(TEXT) TO copydesk_loader;

-- Views are made again when their file changes, and new versions bring new tables.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO copydesk_analyst, copydesk_loader;
