"""The news of imports: how many links that the reader accepted are in the wiki now, and which pages they joined."""

from __future__ import annotations

from dataclasses import dataclass

from linkassist.review.days import Today, When, when
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.store.write_back.import_news import ImportNews, news_of_last_import, unread_news


@dataclass(frozen=True, slots=True)
class NewsView:
    """Accepted links that imports brought into the wiki. n_joined: pages that had no links in or out before.

    when: the links were accepted. last_id: of the form that dismisses the message.
    """

    last_id: int
    n_links: int
    n_joined: int
    when: When


def unread_news_view(library: Library, project: ProjectName, today: Today) -> NewsView | None:
    """The news not dismissed yet; None if there is none."""
    return _view(unread_news(library, project.id), today)


def last_import_view(library: Library, project: ProjectName, today: Today) -> NewsView | None:
    """What the last import of the project brought, dismissed or not; None if it brought no accepted link."""
    return _view(news_of_last_import(library, project.id), today)


def _view(news: ImportNews | None, today: Today) -> NewsView | None:
    if news is None:
        return None
    return NewsView(news.last_id, news.n_links, news.n_joined, when(today, news.first_decided_at, news.last_decided_at))
