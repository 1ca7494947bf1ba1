"""The settings, merged from defaults, `linkassist.toml`, the environment and the command line.

Each source overrides the one before it. The file is in the library's folder; a further one, named with `--config` or
LINKASSIST_CONFIG, overrides it.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args
from urllib.parse import unquote

from platformdirs import user_data_path

from linkassist.errors import SettingsError
from linkassist.files.errors import at_home, cannot_be, read_plain_text
from linkassist.files.private import write_private

Language = Literal["auto", "ja", "en"]

FILE_NAME: Final = "linkassist.toml"
OWN_ENCODER: Final = "wiki"
BERT_JAPANESE: Final = "bert-japanese:"  # in front of the folder of such a model
_PREFIX: Final = "LINKASSIST_"
_HOST_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?|[0-9a-f:]*:[0-9a-f:.]*")  # the latter is IPv6
# CONFIG names a file of settings; CHROMIUM is read by the browser tests.
_NO_SETTINGS: Final = frozenset({f"{_PREFIX}CONFIG", f"{_PREFIX}CHROMIUM"})
_SOURCES: Final = 'a table such as {niwa = "https://scrapbox.io/niwa", diary = "~/Downloads/diary*.json"}'
_SECRET: Final = "scrapbox_key"
_KEY_HELP: Final = "a personal access token, a service account's access key or the value of the cookie connect.sid"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user can choose.

    library: the folder of the library.
    encoder: "wiki", learnt from the wiki itself, the folder or hub name of a transformers model, or "bert-japanese:"
    and the folder of one of that family, with options such as "?pooling=cls" behind it.
    language: of the reasons on the command line; "auto" follows the locale. The browser has its own switch.
    host, port: where the server listens.
    allow_host: further host names that it answers to, comma-separated, such as those of a reverse proxy.
    trusted_proxy: addresses or networks of proxies, comma-separated, whose X-Forwarded headers are believed.
    limit: how many suggestions of each kind `linkassist suggest` prints for a page, at most.
    sources: by project, where its pages come from: the address of a Scrapbox project, or an export, a folder or a
    pattern of exports, as an absolute path.
    scrapbox_key: the credential for Scrapbox, of one of the sorts that `scrapbox/client/keys.py` knows; with "" only
    public projects can be read. It is never shown.
    """

    library: Path
    encoder: str = OWN_ENCODER
    language: Language = "auto"
    host: str = "127.0.0.1"
    port: int = 8000
    limit: int = 50
    allow_host: str = ""
    trusted_proxy: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    scrapbox_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as given. place: its source, for messages. folder: the base of a relative path."""

    key: str
    value: object
    place: str
    folder: Path

    def refusal(self, expected: str) -> SettingsError:
        found = "not usable" if self.key == _SECRET else repr(self.value)
        return SettingsError(f"{self.place}: {self.key} is {found}; expected {expected}. Correct it there.")


def default_folder(name: Literal["library", "demo"]) -> Path:
    """The default folder of the library, or of that of the sample wiki, in the platform's data folder."""
    return user_data_path("linkassist", appauthor=False) / name


def load_settings(
    library: Path | None = None,
    *,
    config: Path | None = None,
    encoder: str | None = None,
    language: str | None = None,
    host: str | None = None,
    port: int | None = None,
    limit: int | None = None,
    allow_host: Sequence[str] | None = None,
    trusted_proxy: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """The settings in force; an argument that is given overrides everything else.

    Raises SettingsError for an unknown setting or a bad value, naming it, its place and what was expected, and for a
    file that cannot be read. A `linkassist.toml` need not be there; a file named by `config` must.
    """
    options: Mapping[str, object] = {
        "library": library,
        "encoder": encoder,
        "language": language,
        "host": host,
        "port": port,
        "limit": limit,
        "allow-host": allow_host,
        "trusted-proxy": trusted_proxy,
    }
    here = Path.cwd()
    above = {
        **_environment_layer(environment, here),
        **{
            key.replace("-", "_"): _Given(key, value, f"--{key}", here)
            for key, value in options.items()
            if value is not None
        },
    }
    config_name = config or environment.get(f"{_PREFIX}CONFIG")
    below = _file_layer(at_home(Path(config_name))) if config_name else {}
    named = (below | above).get("library")
    folder = _folder(named) if named else default_folder("library")
    beside = folder / FILE_NAME
    own = _file_layer(beside) if beside.is_file() else {}
    if "library" in own:
        raise SettingsError(
            f"{beside}: library cannot be set in the library's own folder. Take it out, and name the folder with "
            f"--library, {_PREFIX}LIBRARY or a file that --config names."
        )
    given = {**own, **below, **above}
    return Settings(folder, **{key: _READERS[key](each) for key, each in given.items() if key != "library"})


def split_bert_name(name: str) -> tuple[str, str]:
    """(path, options) of an encoder's name that begins with "bert-japanese:", split at the last question mark.

    >>> split_bert_name("bert-japanese:models/ja?pooling=cls&layer=-1")
    ('models/ja', 'pooling=cls&layer=-1')
    """
    path, mark, options = name.removeprefix(BERT_JAPANESE).rpartition("?")
    return (path, options) if mark else (options, "")


def library_encoder(library: Path) -> str:
    """The encoder that the library's own `linkassist.toml` names, else the wiki's own.

    Raises SettingsError for a file that cannot be read.
    """
    path = library / FILE_NAME
    named = _file_layer(path).get("encoder") if path.is_file() else None
    return _encoder(named) if named else OWN_ENCODER


def with_present_key(settings: Settings, at_start: Settings) -> Settings:
    """The settings with the key and the sources that the library's `linkassist.toml` has by now, as after a login.

    at_start: `library_key_and_sources` when the settings were loaded; what another place had set stays. Raises
    SettingsError for a file that cannot be used.
    """
    now = library_key_and_sources(settings.library)
    key = now.scrapbox_key if settings.scrapbox_key == at_start.scrapbox_key else settings.scrapbox_key
    sources = now.sources if settings.sources == at_start.sources else settings.sources
    return replace(settings, scrapbox_key=key, sources=sources)


def library_key_and_sources(library: Path) -> Settings:
    """The key and the sources that the library's own `linkassist.toml` sets; all else as by default."""
    path = library / FILE_NAME
    own = _file_layer(path) if path.is_file() else {}
    return Settings(library, **{key: _READERS[key](own[key]) for key in ("sources", _SECRET) if key in own})


def remember_encoder(library: Path, encoder: str) -> None:
    """Sets the encoder in the library's `linkassist.toml` for later runs; the rest of the file is kept."""
    _remember(library, "encoder", encoder, f"Put in this line by hand: encoder = {_toml_text(encoder)}")


def remember_key(library: Path, key: str) -> None:
    """Sets the key to Scrapbox in the library's `linkassist.toml`, which is then for its owner alone."""
    try:
        library.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(cannot_be("written", library, error)) from error
    _remember(library, _SECRET, key, f"Put {_SECRET} in by hand.")  # no message may show the key


def _remember(library: Path, name: str, value: str, advice: str) -> None:
    """Sets a value outside tables; advice: for a file that cannot be changed."""
    path = library / FILE_NAME
    line = f"{name} = {_toml_text(value)}"
    try:
        before = path.read_text("utf-8-sig") if path.is_file() else ""
        replaced, n_replaced = re.subn(rf"(?m)^[ \t]*{name}[ \t]*=.*$", lambda _: line, before, count=1)
        after = replaced if n_replaced else f"{line}\n{before}"
        if after != before or name == _SECRET:
            write_private(path, after.encode())
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be changed ({error.reason}). {advice}") from None
    except OSError as error:
        raise SettingsError(cannot_be("written", path, error)) from error


def remember_source(library: Path, project: str, place: str) -> None:
    """Sets the source of a project in the library's `linkassist.toml`; the rest of the file is kept.

    place: as in `Settings.sources`. Raises SettingsError where the file cannot be read or written.
    """
    path = library / FILE_NAME
    line = f"{_toml_text(project)} = {_toml_text(place)}"
    try:
        before = path.read_text("utf-8-sig") if path.is_file() else ""
        lines = before.splitlines()
        header = next((n for n, text in enumerate(lines) if re.fullmatch(r"\s*\[\s*sources\s*\]\s*(#.*)?", text)), None)
        if header is None:
            lines += ["", "[sources]", line] if lines else ["[sources]", line]
        else:
            end = next((n for n in range(header + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
            kept = [text for text in lines[header + 1 : end] if _key_of(text) != project]
            lines[header + 1 : end] = [line, *kept]
        after = "\n".join(lines) + "\n"
        if tomllib.loads(after)["sources"][project] != place:
            raise SettingsError(f"{path}: [sources] is written in an unusual way. Put in this line by hand: {line}")
        write_private(path, after.encode())  # the file may hold the key to Scrapbox
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, UnicodeEncodeError) as error:
        raise SettingsError(f"{path} cannot be changed ({error}). Put in this line by hand: {line}") from error
    except OSError as error:
        raise SettingsError(cannot_be("written", path, error)) from error


def _toml_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key_of(line: str) -> str | None:
    """The key that a line of a TOML table sets, None where it sets none."""
    try:
        return next(iter(tomllib.loads(line)), None)
    except tomllib.TOMLDecodeError:
        return None


def source_place(place: str, folder: Path) -> str:
    """The source as `Settings.sources` has it: an address unchanged, a path made absolute relative to `folder`."""
    return place if re.match(r"https?://", place) else str(folder / at_home(place))


def _environment_layer(environment: Mapping[str, str], here: Path) -> dict[str, _Given]:
    """The LINKASSIST_* variables that are set and not empty."""
    layer = {}
    for name, value in environment.items():
        if not name.startswith(_PREFIX) or name in _NO_SETTINGS or not value:
            continue
        key = name.removeprefix(_PREFIX).lower()
        _require_known(key, name, "the environment")
        layer[key] = _Given(key, value, f"{name} in the environment", here)
    return layer


def _file_layer(path: Path) -> dict[str, _Given]:
    try:
        table = tomllib.loads(read_plain_text(path))
    except OSError as error:
        raise SettingsError(cannot_be("read", path, error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f'{path} is not TOML ({error}). Write a line a setting, such as: host = "::1"') from error
    for key in table:
        _require_known(key, key, str(path))
    if _SECRET in table and os.name == "posix" and path.stat().st_mode & 0o077:
        raise SettingsError(f"{path} holds {_SECRET}, and others can read it. Run: chmod 600 '{path}'")
    return {key: _Given(key, value, str(path), path.absolute().parent) for key, value in table.items()}


def _require_known(key: str, name: str, place: str) -> None:
    known = Settings.__dataclass_fields__
    if key not in known:
        raise SettingsError(f"{place} sets {name}, which is no setting; expected one of {', '.join(known)}.")


def _folder(given: _Given) -> Path:
    if isinstance(given.value, Path):
        return given.folder / at_home(given.value)
    return given.folder / at_home(_text(given, "a folder"))


def _encoder(given: _Given) -> str:
    expected = f'"{OWN_ENCODER}", the folder or hub name of a transformers model, or "{BERT_JAPANESE}" and a folder'
    name = _text(given, expected)
    if name == OWN_ENCODER:
        return name
    if name.startswith(BERT_JAPANESE):  # the prefix of a checkpoint is not a folder, but is made absolute too
        path, options = split_bert_name(name)
        if not path:
            raise given.refusal(expected)
        absolute = os.path.realpath(given.folder / at_home(path))
        return f"{BERT_JAPANESE}{absolute}" + (f"?{options}" if options else "")
    # A folder is made absolute, so that it is found from anywhere; a hub name stays as it is.
    for place, mark, options in ((name, "", ""), name.rpartition("?"), name.partition("?")):
        if place and (folder := given.folder / at_home(place)).is_dir():
            return f"{folder.resolve()}{mark}{options}"
    return name


def _language(given: _Given) -> Language:
    if given.value not in get_args(Language):
        raise given.refusal(" or ".join(f'"{name}"' for name in get_args(Language)))
    return cast(Language, given.value)


def _sources(given: _Given) -> dict[str, str]:
    value = given.value
    if isinstance(value, str):  # from the environment
        try:
            value = tomllib.loads(f"sources = {value}")["sources"]
        except tomllib.TOMLDecodeError as error:
            raise given.refusal(_SOURCES) from error
    if not isinstance(value, dict) or not all(map(_is_place, value.values())):
        raise given.refusal(_SOURCES)
    return {project: source_place(place.strip(), given.folder) for project, place in value.items()}


def _is_place(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def _key(given: _Given) -> str:
    key = _text(given, _KEY_HELP)
    if not key.isascii() or not key.isprintable() or " " in key or ";" in key:
        raise given.refusal(_KEY_HELP)
    return unquote(key) if key.startswith("s%3A") else key  # some browsers show the cookie URL-encoded


def _host_names(given: _Given) -> str:
    value = given.value.split(",") if isinstance(given.value, str) else given.value
    names = [str(name).strip().lower().rstrip(".") for name in value] if isinstance(value, list | tuple) else []
    if not names or not all(_HOST_NAME.fullmatch(name) for name in names):
        raise given.refusal("names of hosts without scheme and port, such as wiki.example.com")
    return ",".join(names)


def _proxies(given: _Given) -> str:
    expected = "the address of a proxy or a network of them, such as 127.0.0.1 or 10.0.0.0/8"
    parts = [part.strip() for part in _text(given, expected).split(",")]
    try:
        return ",".join(str(ipaddress.ip_network(part)).removesuffix("/32").removesuffix("/128") for part in parts)
    except ValueError:
        raise given.refusal(expected) from None


def _text(given: _Given, expected: str) -> str:
    if not isinstance(given.value, str) or not given.value.strip() or "\0" in given.value:
        raise given.refusal(expected)
    return given.value.strip()


def _whole(given: _Given, low: int, high: int) -> int:
    value = given.value
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value.strip(), re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise given.refusal(f"a whole number from {low} to {high}")
    return value


_READERS: Final[Mapping[str, Callable[[_Given], Any]]] = {
    "encoder": _encoder,
    "language": _language,
    "host": lambda given: _text(given, 'an address such as "127.0.0.1"'),
    "port": lambda given: _whole(given, 0, 65535),
    "limit": lambda given: _whole(given, 1, 1_000_000),
    "allow_host": _host_names,
    "trusted_proxy": _proxies,
    "sources": _sources,
    _SECRET: _key,
}
