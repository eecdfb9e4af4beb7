-- Roles for PostgreSQL. Run it as the owner of the tables or a superuser, after `copydesk db upgrade`, once for each database; again does
-- no harm:
--
--   psql "$COPYDESK_WAREHOUSE_URL" -f sql/roles/postgresql.sql
--   psql "$COPYDESK_WAREHOUSE_URL" -c "CREATE ROLE ada LOGIN PASSWORD '…' IN ROLE copydesk_analyst"
--   psql "$COPYDESK_WAREHOUSE_URL" -c "CREATE ROLE nightly LOGIN PASSWORD '…' IN ROLE copydesk_loader"
--
-- An owner who may not create roles has a superuser run it. Whoever does, the rights reach what the owner makes later: an upgrade makes views
-- anew.
--
-- The rights are given in the schema that holds the tables, whatever its name: the one that the owner's search_path finds them in. Whoever
-- reads or loads one that is not `public` needs it in their search_path too: ALTER ROLE nightly IN DATABASE … SET search_path = ….
--
-- copydesk_analyst reads tables and views. copydesk_loader writes rows and makes temporary tables, and nothing else: the schema
-- is changed by its owner alone, so run `copydesk db upgrade` as the owner when a new version asks for it or full-text search is
-- turned on, and this file after it; when it is turned off, sql/search/postgresql/disable.sql.

-- One statement: it gives all of these rights or, where something is missing, none.
DO $$
DECLARE
  home TEXT := (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass('articles'));  -- quoted where it must be
  owner TEXT := (SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass('articles'));
  written TEXT := 'runs, url_state, fetches, articles, article_versions, dropped_blocks, stories, story_members, passages, rejects,
    site_lines, stage_reports, run_sources, run_rules, rule_samples, run_stories, run_checks, dedup_index';
  -- The parts of an article or a run that are replaced with it, and figures that are counted again; nothing else is ever deleted.
  replaced TEXT := 'dropped_blocks, passages, stage_reports, run_sources, run_rules, rule_samples, run_stories, run_checks, dedup_index';
BEGIN
  IF home IS NULL THEN
    RAISE EXCEPTION 'no table "articles" in the search_path %', current_setting('search_path')
      USING HINT = 'Run copydesk db upgrade first, or SET search_path to the schema that holds the tables.';
  END IF;
  BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'copydesk_analyst') THEN
      CREATE ROLE copydesk_analyst NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'copydesk_loader') THEN
      CREATE ROLE copydesk_loader NOLOGIN;
    END IF;
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION '% may not create roles; nothing was changed', current_user
      USING HINT = 'Have a superuser run this.';
  END;
  EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO copydesk_analyst, copydesk_loader', current_database());
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO copydesk_loader', current_database());
  EXECUTE format('REVOKE CREATE ON SCHEMA %s FROM PUBLIC', home);
  EXECUTE format('GRANT USAGE ON SCHEMA %s TO copydesk_analyst, copydesk_loader', home);
  EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %s TO copydesk_analyst, copydesk_loader', home);
  EXECUTE format('GRANT INSERT, UPDATE ON %s TO copydesk_loader', written);
  EXECUTE format('GRANT DELETE ON %s TO copydesk_loader', replaced);

  -- A load must be able to count a table that it has put rows into, which PostgreSQL leaves to the owner: a planner that takes a table
  -- for empty joins it row by row.
  EXECUTE format('CREATE OR REPLACE FUNCTION %1$s.copydesk_analyze(name TEXT) RETURNS VOID
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = %1$s, pg_temp AS %2$L',
    home, format('BEGIN EXECUTE format(''ANALYZE %s.%%I'', name); END', home));
  EXECUTE format('ALTER FUNCTION %s.copydesk_analyze(TEXT) OWNER TO %s', home, owner);
  EXECUTE format('REVOKE EXECUTE ON FUNCTION %s.copydesk_analyze(TEXT) FROM PUBLIC', home);
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s.copydesk_analyze(TEXT) TO copydesk_loader', home);

  -- Views are made again when their file changes, and new versions bring new tables.
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT SELECT ON TABLES TO copydesk_analyst, copydesk_loader', owner, home);
END
$$;
