"""Schemathesis asks for every route with all kinds of values: no answer is a fault, and each is what it says it is.

The description that it goes by is made from the routes of the application and the names that their handlers read, so
that a new route is asked for without a word being added here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from starlette.routing import Mount, Route
from support.little_server import running_server
from support.little_wiki import AWKWARD_TITLES, PROJECT, write_little_wiki

from linkassist.files.assets import shipped_folder
from linkassist.server.app import create_app
from linkassist.server.auth.rate_limit import RateLimiter
from linkassist.server.middleware import limits
from linkassist.settings import Settings
from linkassist.store.locks import work_lock

if TYPE_CHECKING:
    import schemathesis

_N_CASES = 9
_HTML = "text/html; charset=utf-8"
_SCRIPT = "text/javascript; charset=utf-8"
_KINDS = (_HTML, "application/json", "text/event-stream; charset=utf-8", "text/css; charset=utf-8", _SCRIPT)
_READ = re.compile(r"""(?:query_params|given|params)\.get\("(\w+)"|"(\w+)" in (?:request\.)?query_params""")
_FORM = re.compile(r"""_text\(form, "(\w+)"\)|form(?:\.fields)?\.get\("(\w+)"|"(\w+)" in form""")
_BUTTON = re.compile(r"""name="(\w+)"[^>]* value="([\w-]+)""")
_PLAIN = ("0", "1", "庭としてのWiki", "KJ法")


def text(*known: str) -> dict[str, Any]:
    """Any text, and often one that the program knows."""
    return {"anyOf": [one_of(*known), {"type": "string", "maxLength": 300}]}


def one_of(*known: str) -> dict[str, Any]:
    return {"type": "string", "enum": sorted(set(known))}


def description(folder: Path) -> dict[str, Any]:
    """An OpenAPI description of the application: its routes, and the names of the values that they read."""
    paths: dict[str, Any] = {}
    for route in create_app(Settings(folder)).routes:
        if isinstance(route, Mount):
            assert route.path == "/static"
            paths["/static/{title}"] = {"get": operation("", {"title": one_of("style.css", "../templates", "\0")})}
            continue
        assert isinstance(route, Route), f"{route} is a new kind of route: describe it"
        source = inspect.getsource(inspect.getmodule(route.endpoint) or route.endpoint)
        named = {"project": text(PROJECT), "title": text("庭としてのWiki", "まだないページ", *AWKWARD_TITLES)}
        path = re.sub(r":\w+\}", "}", route.path)
        for method in sorted((route.methods or set()) - {"HEAD"}):  # every process collects in one order
            used = {name: schema for name, schema in named.items() if f"{{{name}}}" in path}
            paths.setdefault(path, {})[method.lower()] = operation(source, used, is_post=method == "POST")
    return {"openapi": "3.0.3", "info": {"title": "linkassist", "version": "1"}, "paths": paths}


def operation(source: str, in_path: dict[str, Any], *, is_post: bool = False) -> dict[str, Any]:
    buttons: dict[str, list[str]] = {}
    for path in (shipped_folder("web") / "templates").glob("*.html"):
        for name, value in _BUTTON.findall(path.read_text("utf-8")):
            buttons.setdefault(name, []).append(value)
    found: dict[str, Any] = {
        "parameters": [{"name": n, "in": "path", "required": True, "schema": s} for n, s in in_path.items()],
        "responses": {"default": {"description": "a screen, or where to find it"}},
    }
    for name in names(_READ, source):
        found["parameters"].append({"name": name, "in": "query", "schema": text(*buttons.get(name, _PLAIN))})
    found["parameters"].append({"name": "X-Fragment", "in": "header", "schema": {"type": "string", "enum": ["page"]}})
    if is_post:
        fields = {name: text(*buttons.get(name, _PLAIN)) for name in names(_FORM, source)}
        fields |= {"project": one_of(PROJECT), "page": one_of("庭としてのWiki"), "target": one_of("KJ法")}
        required = [name for name in fields if name in (*buttons, "project", "page", "target")]
        form = {"schema": {"type": "object", "properties": fields, "required": required}}
        fields = fields | {"file": {"type": "string", "format": "binary"}}
        file = {"schema": {"type": "object", "properties": fields, "required": required}}
        found["requestBody"] = {"content": {"application/x-www-form-urlencoded": form, "multipart/form-data": file}}
    return found


def names(pattern: re.Pattern[str], source: str) -> list[str]:
    return sorted({name for groups in pattern.findall(source) for name in groups if name})


DESCRIPTION = description(Path("no library is opened yet"))
OPERATIONS = [(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def schema() -> schemathesis.BaseSchema:
    import schemathesis  # takes seconds, which the processes that collect this file and run others need not wait

    return schemathesis.openapi.from_dict(DESCRIPTION)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server whose library is at work, so that no file that is sent begins an import of minutes."""
    folder = tmp_path_factory.mktemp("asked")
    write_little_wiki(folder)
    with pytest.MonkeyPatch.context() as patch, work_lock(folder):
        patch.setattr(limits, "RateLimiter", lambda burst, per_s: RateLimiter(1_000_000, per_s))
        with running_server(folder) as address:
            yield address


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


def test_every_route_is_asked_for(schema: schemathesis.BaseSchema) -> None:
    asked = [found.ok() for found in schema.get_all_operations()]
    described = {(each.method.upper(), each.path) for each in asked}
    assert described == {(method.upper(), path) for path, method in OPERATIONS}
    wanted = {("GET", "/static/{title}")}
    for route in create_app(Settings(Path("no library is opened yet"))).routes:
        if isinstance(route, Route):
            path = re.sub(r":\w+\}", "}", route.path)
            wanted |= {(method, path) for method in route.methods or () if method != "HEAD"}
    assert described == wanted
    assert len(described) > 30


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[f"{method} {path}" for path, method in OPERATIONS])
def test_whatever_is_asked_no_answer_is_a_fault(
    origin: str, session: requests.Session, schema: schemathesis.BaseSchema, path: str, method: str
) -> None:
    operation, statuses = schema[path][method], []
    wiki = {"project": PROJECT} if "{project}" in operation.path else {}
    page = wiki | ({"title": "庭としてのWiki"} if wiki and "{title}" in operation.path else {})
    in_page, in_wiki = (operation.as_strategy(path_parameters=given or None) for given in (page, wiki))

    @settings(max_examples=_N_CASES, phases=[Phase.generate], database=None, derandomize=True)
    @given(st.one_of(in_page, in_wiki, operation.as_strategy()))
    def ask(case: schemathesis.Case) -> None:
        response = case.call(origin, session, {"Sec-Fetch-Site": "same-origin"}, allow_redirects=False, timeout=20)
        statuses.append(response.status_code)
        assert_sound(response, case)

    ask()
    print(operation.label, statuses)
    # A form filled in at random is mostly refused; a screen that was never shown would be a test of nothing.
    assert operation.method == "post" or min(statuses) < 400


def assert_sound(response: schemathesis.Response, case: schemathesis.Case) -> None:
    # Nothing is learnt from this wiki, which a draft and a search by meaning say with 503.
    may_be_unable = case.path.startswith(("/draft/", "/search/"))
    assert response.status_code < 500 or (response.status_code == 503 and may_be_unable)
    body = response.content.decode("utf-8")
    assert "Traceback" not in body
    assert response.headers["content-security-policy"] and response.headers["x-content-type-options"] == ["nosniff"]
    kind = response.headers.get("content-type", [""])[0]
    if response.status_code in (303, 307):
        assert re.match(r"/(?![/\\])", response.headers["location"][0]) and not body
    elif body:
        assert kind in _KINDS, kind
        assert kind != _HTML or "<" in body
