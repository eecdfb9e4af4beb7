-- How many articles have the words, side by side or not, as the planner's statistics foretell it: its answer is a plan, nothing is looked for.
EXPLAIN (FORMAT JSON)
SELECT FROM articles WHERE article_words(title, text) @@ websearch_to_tsquery('simple', :apart);
