-- Suggestions are counted from a floor on: 0.3 for new links, 0.2 for others, until a reader moves it. Pages without
-- offers keep their counts: those of a library of before version 8 are added up when it is served or reindexed.
UPDATE pages SET n_suggestions = now.n, gain = now.gain, kinds = now.kinds FROM (
    SELECT a.page_id, count(o.place) AS n, total(o.probability) AS gain,
           coalesce(max(o.kind = 'page') + 2 * max(o.kind = 'red') + 4 * max(o.kind = 'new')
                    + 8 * max(o.kind = 'far'), 0) AS kinds
    FROM (SELECT DISTINCT page_id FROM offers) a
    JOIN pages p ON p.id = a.page_id
    LEFT JOIN offers o ON o.page_id = a.page_id
        AND o.probability >= CASE o.kind WHEN 'new' THEN 0.3 ELSE 0.2 END
        AND o.place - (
            SELECT count(*) FROM offers b WHERE b.page_id = o.page_id AND b.place < o.place
                AND b.probability < CASE b.kind WHEN 'new' THEN 0.3 ELSE 0.2 END
        ) <= coalesce((
            SELECT CAST(value AS INTEGER) FROM project_settings s
            WHERE s.project_id = p.project_id AND s.name = 'most_per_page'
        ), 1000000)
    GROUP BY a.page_id
) now
WHERE pages.id = now.page_id AND (n_suggestions, pages.gain, pages.kinds) IS NOT (now.n, now.gain, now.kinds);
