"""A UserScript as the server sees it: what a page of Scrapbox sends with the key of a copy."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from linkassist.server.app import create_app
from linkassist.settings import Settings
from support.little_server import ORIGIN
from support.little_wiki import PROJECT

SITE = "https://scrapbox.io"
HERE = ("127.0.0.1", 50_000)


def client_from(
    folder: Path,
    address: tuple[str, int] = HERE,
    *,
    base_url: str = ORIGIN,
    allow_host: str = "",
    sources: Mapping[str, str] | None = None,
) -> TestClient:
    """A client at that address, with no header of its own."""
    app = create_app(Settings(folder, allow_host=allow_host, sources=sources or {}))
    return TestClient(app, base_url=base_url, client=address, headers={"Accept-Language": "en"})


def script_of(client: TestClient, project: str = PROJECT) -> str:
    """The script as a reader who opens its address copies it."""
    response = client.get(f"/userscript/{project}.js", headers={"Sec-Fetch-Site": "none"})
    assert response.status_code == 200, response.text
    return response.text


def settings_in(script: str) -> dict[str, str]:
    """The values that the server has filled into the script."""
    (found,) = re.findall(r"^const SETTINGS = (\{.*\});$", script, re.MULTILINE)
    filled: dict[str, str] = json.loads(found)
    return filled


def sent(
    client: TestClient, key: str, what: str, body: object, *, origin: str = SITE, **headers: str
) -> httpx2.Response:
    """The response to what the script posts from a page of that origin; "" for no such header."""
    given = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Content-Type": "application/json", **headers}
    given |= {"Origin": origin} if origin else {}
    given |= {"Authorization": f"Bearer {key}"} if key else {}
    return client.post(f"/userscript/{PROJECT}/{what}", content=json.dumps(body), headers=given)


def suggestions(response: httpx2.Response) -> dict[str, Any]:
    """The suggestions of an answer by target."""
    assert response.status_code == 200, response.text
    return {each["target"]: each for each in response.json()["suggestions"]}
