-- Blocks of an article's page that are not in its clean text, each in its place.
--   article_id  Article
--   block_index  Place of the block in the page, from 0
--   kind  paragraph, heading, list_item, quote, caption, table or code
--   text  The block as it stood in the page
--   rule  Id of the rule, see docs/rules.md
CREATE VIEW article_blocks AS
SELECT article_id, block_index, kind, text, rule
FROM dropped_blocks;
