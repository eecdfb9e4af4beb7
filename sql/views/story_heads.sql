-- Every story with how far it went; one whose members all moved names the story that took them over.
--   story_id  Story
--   canonical_article_id  Article that stands for the story
--   members  Articles of the story
--   sites  Sites that ran it
--   first_published_at  Earliest publication time of its members
--   last_published_at  Latest publication time of its members
--   merged_into  Story that took the members over, when there are none left
CREATE VIEW story_heads AS
SELECT story_id, canonical_article_id, members, sites, first_published_at, last_published_at, merged_into
FROM stories;
