-- The most copied stories that the articles of a night are in, as they stand today.
--   run_id  Run
--   run_date  The night the run stands for
--   place  1 was the most copied when the run was loaded
--   story_id  Story
--   article_id  The canonical article of the story
--   title  Its headline
--   site  Its site
--   copies  How many other articles of the story there are
--   sites  How many sites ran the story
--   first_published_at  Earliest publication time among the story's articles
--   last_published_at  Latest publication time among them
CREATE VIEW nightly_stories AS
SELECT
  r.run_id,
  r.run_date,
  MIN(r.place) AS place,
  s.story_id,
  a.article_id,
  a.title,
  a.site,
  s.members - 1 AS copies,
  s.sites,
  s.first_published_at,
  s.last_published_at
FROM run_stories r
JOIN stories told ON told.story_id = r.story_id
-- One that became part of another has no members left: the article that stood for it leads to the story that it is in now.
JOIN story_members m ON m.article_id = told.canonical_article_id
JOIN stories s ON s.story_id = m.story_id
JOIN articles a ON a.article_id = s.canonical_article_id
WHERE s.members > 1
GROUP BY r.run_id, r.run_date, s.story_id, a.article_id, a.title, a.site, s.members, s.sites, s.first_published_at, s.last_published_at;
