"""The UserScript of a project, and the addresses that it asks from a page of Scrapbox.

They take and return JSON. `middleware/script_access.py` has let in who may ask.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, wraps
from typing import Any, Final, cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from linkassist.errors import LinkAssistError, NotFoundError
from linkassist.files.assets import shipped_folder
from linkassist.pipeline.push.open_lines import OpenLines
from linkassist.review.answer import verdict_in_force
from linkassist.review.verdicts import decide
from linkassist.server.auth.script_keys import ScriptKeys
from linkassist.server.context import open_project
from linkassist.server.jobs.model_worker import ModelWorker, StillPreparing
from linkassist.server.middleware.script_access import is_from_this_machine
from linkassist.server.preferences import preferences_of
from linkassist.server.routes.draft import MOST_CHARACTERS
from linkassist.server.routes.verdicts import record_answer
from linkassist.server.views.userscript import ScriptSuggestion, stored_suggestions, typed_suggestions
from linkassist.store.library import Library
from linkassist.store.navigation import ProjectName, has_page
from linkassist.store.pages import StoredPage, find_page
from linkassist.store.write_back.outbox import note_written
from linkassist.suggestion import Decision, Kind, Verdict
from linkassist.terminal_escape import quoted
from linkassist.wiki import title_key

_UNFILLED: Final = 'const SETTINGS = { server: "", project: "", key: "", version: "" };'
_WAIT_S: Final = 0.4  # while the wiki is read; the script asks again
_MOST_LINES: Final = 20_000
_JSON: Final = {"Cache-Control": "no-store"}

_Body = Mapping[str, Any]


def user_script(request: Request) -> Response:
    """The UserScript with this server's address and a new key in it."""
    if not is_from_this_machine(request):
        raise HTTPException(
            403,
            "A UserScript asks the machine that its reader sits at. Open its address on that machine, where linkassist "
            "runs, under 127.0.0.1.",
        )
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise HTTPException(403, "Another site asked for a UserScript. Open its address yourself.")
    with open_project(request) as (_, here):
        key = keys_of(request).issue(here.name) if request.method == "GET" else ""
    filled = {
        "server": f"{request.url.scheme}://{request.headers['host']}",
        "project": here.name,
        "key": key,
        "version": _version(),
    }
    text = _source().replace(_UNFILLED, f"const SETTINGS = {json.dumps(filled)};", 1)
    return Response(text, media_type="text/javascript", headers=_JSON)


def keys_of(request: Request) -> ScriptKeys:
    """The keys of the server's UserScripts."""
    keys: ScriptKeys = request.app.state.script_keys
    return keys


@cache
def _source() -> str:
    text = (shipped_folder("web") / "static" / "userscript.js").read_text("utf-8")
    assert _UNFILLED in text
    return text


def _version() -> str:
    """Eight hex digits that differ whenever the script does."""
    return hashlib.sha256(_source().encode()).hexdigest()[:8]


def _takes_json(answer: Callable[[Request, _Body], Mapping[str, object]]) -> Callable[[Request], Awaitable[Response]]:
    """A handler that reads a JSON object, then calls `answer` in a thread, whose values are returned with the
    version of the script."""

    @wraps(answer)
    async def handler(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate is no text
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise HTTPException(400, "Expected a JSON object. Copy the UserScript anew.")
        made = await run_in_threadpool(answer, request, body)
        said = json.dumps({"version": _version(), **made})  # in ASCII, for a title may hold a lone surrogate
        return Response(said, media_type="application/json", headers=_JSON)

    return handler


@_takes_json
def open_page(request: Request, body: _Body) -> Mapping[str, object]:
    """The stored page's suggestions, placed in the lines that the editor has."""
    texts = _texts(body)
    with open_project(request) as (library, here):
        page = _page(library, here, _text(body, "title"))
        found = stored_suggestions(library, page, OpenLines(texts), preferences_of(request).language)
    return _answer("found", found)


@_takes_json
def typed_page(request: Request, body: _Body) -> Mapping[str, object]:
    """Like `open_page`, with suggestions for the lines that were typed since."""
    texts, title, language = _texts(body), _text(body, "title"), preferences_of(request).language
    models: ModelWorker = request.app.state.models
    with open_project(request) as (library, here):
        page = _page(library, here, title)
        stored = stored_suggestions(library, page, OpenLines(texts), language)
        if sum(map(len, texts)) > MOST_CHARACTERS:
            return _answer("found", stored)
        try:
            found = models.suggest(here.name, title, "\n".join(texts[1:]), wait_s=_WAIT_S)
        except StillPreparing:
            return _answer("preparing", stored)
        except LinkAssistError:  # the draft's own screen says why
            return _answer("unable", stored)
        typed = typed_suggestions(library, page, found, texts, language, stored)
    return _answer("found", [*stored, *typed])


@_takes_json
def given_verdict(request: Request, body: _Body) -> Mapping[str, object]:
    """Stores accept, reject or undo. The same decision again changes nothing, as after an answer that was lost."""
    title, target, decision = (_text(body, name) for name in ("title", "target", "decision"))
    with open_project(request) as (library, here):
        page = find_page(library, here.id, title_key(title))
        in_force = verdict_in_force(library, page, target)
        if (in_force.decision if in_force else "undo") != decision:
            _record(library, here, page, target, decision, body)
        if decision == "accept":  # the script has written it
            note_written(library, here.id, page.id, title_key(target))
    return {"state": "stored"}


def _record(library: Library, here: ProjectName, page: StoredPage, target: str, decision: str, body: _Body) -> None:
    form = FormData({"mention": _text(body, "mention")})
    try:
        record_answer(library, here, page.id, target, decision, form)
    except NotFoundError:
        kind, percent = _text(body, "kind"), body.get("percent")
        is_whole = isinstance(percent, int) and 1 <= percent <= 99
        if decision not in get_args(Decision) or kind not in get_args(Kind) or not is_whole or not target:
            raise
        # It was suggested for words typed since, or by a list that was made anew.
        made = Verdict(target, cast(Decision, decision), int(time.time()), cast(Kind, kind), cast(int, percent) / 100)
        decide(library, here.id, page.id, made)


def _answer(state: str, found: list[ScriptSuggestion]) -> Mapping[str, object]:
    return {"state": state, "suggestions": [each.as_json() for each in found]}


def _page(library: Library, here: ProjectName, title: str) -> StoredPage | None:
    """The stored page, None for one that the library does not have yet."""
    key = title_key(title)
    return find_page(library, here.id, key) if has_page(library, here.id, key) else None


def _text(body: _Body, name: str) -> str:
    found = body.get(name, "")
    if isinstance(found, str):
        return found
    raise HTTPException(400, f"{quoted(name)} is no text. Copy the UserScript anew.")


def _texts(body: _Body) -> list[str]:
    """The raw lines, at least the title line."""
    lines = body.get("lines")
    is_sound = isinstance(lines, list) and 0 < len(lines) <= _MOST_LINES
    if is_sound and all(isinstance(each, str) and "\n" not in each for each in cast(list[object], lines)):
        return cast(list[str], lines)
    raise HTTPException(400, f"Expected the page's lines, 1 to {_MOST_LINES:,} texts. Copy the UserScript anew.")
