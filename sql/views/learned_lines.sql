-- Lines that were found to belong to a site and not to its articles.
--   site  Registered domain
--   line_hash  Hash of the line
--   text  The line
--   pages  Stories that carried it, decayed by half every 30 days since last_seen
--   first_seen  First night
--   last_seen  Last night
CREATE VIEW learned_lines AS
SELECT site, line_hash, text, pages, first_seen, last_seen
FROM site_lines;
