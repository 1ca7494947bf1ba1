"""Settling what a killed push has left: links that were sent, and of which nobody has seen whether they arrived."""

from __future__ import annotations

from itertools import groupby

from linkassist.pipeline.push.session import Session
from linkassist.scrapbox.client.editing import RemotePage
from linkassist.scrapbox.notation import page_links
from linkassist.store.library import Library
from linkassist.store.pages import stored_page
from linkassist.store.write_back.pushes import WrittenLink, forget_sent, record_done, unsettled_links


def settle(session: Session, library: Library) -> None:
    """Records for each sent link of the project whether it is on its page; the others wait again."""
    sent = unsettled_links(library, session.project_id)
    for (page_row, batch_id), found in groupby(sent, key=lambda link: (link.page_id, link.batch_id)):
        stored = stored_page(library, page_row).page
        page = session.pages.find(stored.page_id, stored.title)
        links = [link.written for link in found]
        arrived = [link.log_id for link in links if page is not None and is_on(page, link)]
        record_done(library, batch_id, arrived)
        forget_sent(library, batch_id, [link.log_id for link in links if link.log_id not in arrived])


def is_on(page: RemotePage, link: WrittenLink) -> bool:
    """Whether the line that was written is on the page with the link in it, perhaps edited since."""
    line = next((each for each in page.lines if each.line_id == link.line_id), None)
    if line is None:
        return False
    return line.text == link.after or any(each.span.cut(line.text) == link.link for each in page_links(["", line.text]))
