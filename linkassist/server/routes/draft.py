"""The draft: links for a text that is not in the wiki. It is sent with each request and not stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from linkassist.errors import LinkAssistError
from linkassist.scrapbox.edits import linked_page
from linkassist.server.context import frame_for, open_project, show, wants_fragment
from linkassist.server.error_pages import error_for_reader
from linkassist.server.forms import number_in
from linkassist.server.jobs.model_worker import ModelWorker, StillPreparing
from linkassist.server.messages.catalog import Wording, wording_of
from linkassist.server.preferences import preferences_of
from linkassist.server.views.draft import Draft, DraftView, found_view, shown_text, waiting_view
from linkassist.server.views.highlights import fits
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName
from linkassist.suggestion import Mention
from linkassist.wiki import Line, Page

MOST_CHARACTERS: Final = 50_000
_MOST_BYTES: Final = 12 * MOST_CHARACTERS  # of a form; a Japanese character takes nine bytes in it
_WAIT_S: Final = 10.0  # how long a browser without a script waits while the wiki is read
_WAIT_OF_SCRIPT_S: Final = 0.4  # the script asks again


async def draft(request: Request) -> Response:
    """The empty screen; for a posted text its suggestions, after a link was accepted, dismissed or undone in it."""
    if request.method == "GET":
        return await run_in_threadpool(_answer, request, {})
    body = bytearray()
    async for chunk in request.stream():
        if len(body) <= 2 * _MOST_BYTES:  # the rest is skipped: the browser waits until all is sent
            body += chunk
    if len(body) > 2 * _MOST_BYTES:
        return await run_in_threadpool(_answer, request, {}, (), len(body) // 9)
    try:
        given = parse_qs(bytes(body).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise HTTPException(400, "The form has more fields than the draft's. Use its buttons.") from error
    form = {name: values[-1].replace("\r\n", "\n") for name, values in given.items()}
    return await run_in_threadpool(_answer, request, form, tuple(given.get("dismissed", ())))


def _answer(request: Request, form: dict[str, str], dismissed: tuple[str, ...] = (), n_sent: int = 0) -> Response:
    """dismissed: targets dismissed in this draft. n_sent: about how many characters were sent, if too many to read."""
    say = wording_of(request)
    given = Draft(form.get("title", "").strip(), form.get("text", ""), form.get("before", ""), dismissed)
    with open_project(request) as (library, here):
        is_changed = False
        length = n_sent or len(given.text) + len(given.title)
        if length > MOST_CHARACTERS:
            message = say("draft.too_long", length, MOST_CHARACTERS)
            view, status = DraftView(given, "failed", message=message), 413
        else:
            changed, notice = _changed(given, form, say)
            is_changed = changed.text != given.text
            view = replace(_view(request, library, here, changed, notice), restorable=form.get("dismiss", ""))
            status = 503 if view.state == "failed" else 200
        frame = frame_for(request, library, here, say("draft.title"), section="draft")
    values = {"draft": view, "is_changed": is_changed}
    if wants_fragment(request):  # it contains the state; another status would be an error in the browser's log
        return show(request, "_draft.html", frame, values)
    return show(request, "draft.html", frame, values, status)


def _view(request: Request, library: Library, here: ProjectName, given: Draft, notice: str) -> DraftView:
    if not given.text.strip():
        return DraftView(given, "empty", notice=notice)
    models: ModelWorker = request.app.state.models
    try:
        wait_s = _WAIT_OF_SCRIPT_S if wants_fragment(request) else _WAIT_S
        found = models.suggest(here.name, given.title, given.text, wait_s=wait_s)
    except StillPreparing as waiting:
        return waiting_view(library, here, given, waiting.progress, notice)
    except LinkAssistError as error:
        message = error_for_reader(request, str(error))
        return DraftView(given, "failed", blocks=shown_text(library, here, given), message=message, notice=notice)
    return found_view(library, here, given, found, preferences_of(request).language, notice)


def _changed(given: Draft, form: dict[str, str], say: Wording) -> tuple[Draft, str]:
    """(the draft after the action of the form, a notice of it)."""
    if "undo" in form and given.before:
        return replace(given, text=given.before, before=""), ""
    if unwanted := form.get("dismiss", ""):
        dismissed = dict.fromkeys((*given.dismissed, unwanted))
        return replace(given, before="", dismissed=tuple(dismissed)), say("draft.dismissed", unwanted)
    if again := form.get("restore", ""):
        kept = tuple(each for each in given.dismissed if each != again)
        return replace(given, before="", dismissed=kept), ""
    rank, _, target = form.get("accept", "").partition(":")
    if not target:
        return given, ""
    place = form.get(f"mention-{rank}", "")
    mention = _mention(given.texts, place)
    if place and not mention:
        return given, say("draft.moved", target)
    page = Page(given.title, tuple(Line(text) for text in given.texts))
    text = "\n".join(linked_page(page, [(target, mention)]).lines[1:])
    return replace(given, text=text, before=given.text), say("draft.accepted", target)


def _mention(texts: list[str], place: str) -> Mention | None:
    """The mention at "line:start:surface"; None if the surface is not there, as when the text has changed since."""
    line, _, rest = place.partition(":")
    start, _, surface = rest.partition(":")
    number, first = number_in(line), number_in(start)
    if number is None or first is None:
        return None
    mention = Mention(number, first, first + len(surface), surface)
    return mention if fits(texts, mention) else None
