-- Every copy says by what measure it is one.
-- What to do: decide the night that brought the article, its first_run_date, again: copydesk run --from dedup --date NIGHT.
SELECT article_id, story_id, canonical_article_id
FROM story_members
WHERE relation = 'copy' AND score IS NULL AND proof IS NULL;
