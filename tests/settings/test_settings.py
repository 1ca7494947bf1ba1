"""Settings: which place wins, and what is said about a setting that cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from linkassist.errors import SettingsError
from linkassist.settings import (
    FILE_NAME,
    Settings,
    default_folder,
    load_settings,
    remember_encoder,
    remember_source,
    split_bert_name,
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_without_any_choice_the_defaults_hold() -> None:
    assert load_settings(environment={}) == Settings(default_folder("library"))
    assert Settings(Path("x")) == Settings(Path("x"), "wiki", "auto", "127.0.0.1", 8000, 50)


def test_each_place_stands_above_the_one_before_it(tmp_path: Path) -> None:
    library = tmp_path / "library"
    write(library / FILE_NAME, 'port = 1\nlimit = 1\nhost = "a"\nlanguage = "ja"\nencoder = "x/y"\n')
    config = write(tmp_path / "more.toml", 'port = 2\nlimit = 2\nhost = "b"\n')
    environment = {"LINKASSIST_LIMIT": "3", "LINKASSIST_PORT": "3", "LINKASSIST_CONFIG": str(config)}
    found = load_settings(library, port=4, environment=environment)
    assert found == Settings(library, encoder="x/y", language="ja", host="b", limit=3, port=4)


def test_the_option_config_stands_above_the_variable(tmp_path: Path) -> None:
    named, variable = write(tmp_path / "a.toml", "port = 1"), write(tmp_path / "b.toml", "port = 2")
    found = load_settings(tmp_path, config=named, environment={"LINKASSIST_CONFIG": str(variable)})
    assert found.port == 1


def test_the_library_is_found_before_its_own_file_is_read(tmp_path: Path) -> None:
    write(tmp_path / "there" / FILE_NAME, "port = 5")
    config = write(tmp_path / "more.toml", 'library = "there"')
    assert load_settings(config=config, environment={}) == Settings(tmp_path / "there", port=5)
    assert load_settings(environment={"LINKASSIST_LIBRARY": str(tmp_path / "there")}).port == 5


def test_a_variable_set_to_nothing_counts_as_not_set(tmp_path: Path) -> None:
    assert load_settings(tmp_path, environment={"LINKASSIST_PORT": ""}).port == 8000


def test_variables_that_are_no_settings_are_left_alone(tmp_path: Path) -> None:
    assert load_settings(tmp_path, environment={"LINKASSIST_CHROMIUM": "/usr/bin/chromium"}) == Settings(tmp_path)


def test_an_encoder_folder_is_made_absolute_and_a_hub_name_is_not(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write(tmp_path / FILE_NAME, 'encoder = "model"')
    assert load_settings(tmp_path, environment={}).encoder == str((tmp_path / "model").resolve())
    assert load_settings(tmp_path, encoder="org/model", environment={}).encoder == "org/model"


def test_the_path_of_a_japanese_bert_is_made_absolute_and_its_options_stay(tmp_path: Path) -> None:
    write(tmp_path / FILE_NAME, 'encoder = "bert-japanese:model?pooling=cls&layer=-1"')
    found = load_settings(tmp_path, environment={}).encoder
    assert found == f"bert-japanese:{(tmp_path / 'model').resolve()}?pooling=cls&layer=-1"
    assert load_settings(tmp_path, encoder=found, environment={}).encoder == found


@pytest.mark.parametrize(
    ("name", "path", "options"),
    [
        ("bert-japanese:a/model.ckpt-1400000", "a/model.ckpt-1400000", ""),
        ("bert-japanese:a?layer=-1", "a", "layer=-1"),
        ("bert-japanese:what?/a?layer=-1", "what?/a", "layer=-1"),
    ],
)
def test_the_last_question_mark_parts_path_and_options(name: str, path: str, options: str) -> None:
    assert split_bert_name(name) == (path, options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "linkassist.toml sets colour, which is no setting; expected one of library, encoder, language"),
        ("port = 70000", "linkassist.toml: port is 70000; expected a whole number from 0 to 65535. Correct it there."),
        ("port = true", "port is True; expected a whole number"),
        ("port = 80.5", "port is 80.5; expected a whole number"),
        ("limit = 0", "limit is 0; expected a whole number from 1"),
        ('language = "fr"', 'language is \'fr\'; expected "auto" or "ja" or "en"'),
        ("language = [1]", "language is [1]; expected"),
        ('host = ""', "host is ''; expected an address"),
        ("encoder = 1", 'encoder is 1; expected "wiki", the folder or hub name'),
        ('encoder = "bert-japanese:"', '"bert-japanese:" and a folder. Correct it there.'),
        ('library = "x"', "library cannot be set in the library's own folder. Take it out"),
        ("port 1", "linkassist.toml is not TOML"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path / FILE_NAME, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path, environment={})
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LINKASSIST_PROT", "80", "the environment sets LINKASSIST_PROT, which is no setting; expected one of"),
        ("LINKASSIST_PORT", "８０", "LINKASSIST_PORT in the environment: port is '８０'; expected a whole number"),
        ("LINKASSIST_PORT", "-1", "port is '-1'; expected a whole number"),
        (
            "LINKASSIST_CONFIG",
            "/nowhere/x.toml",
            "/nowhere/x.toml cannot be read (No such file or directory). Check the path",
        ),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path, environment={name: value})
    assert message in str(caught.value)


def test_an_option_that_cannot_be_used_is_named_as_an_option(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^--port: port is -5; expected a whole number from 0 to 65535"):
        load_settings(tmp_path, port=-5, environment={})


@pytest.mark.parametrize("name", ["intfloat/multilingual-e5-small", 'odd "name"', "back\\slash", "模型", r"\1"])
def test_a_remembered_encoder_is_used_from_then_on_and_the_rest_stays(tmp_path: Path, name: str) -> None:
    remember_encoder(tmp_path, "first")
    path = tmp_path / FILE_NAME
    write(path, path.read_text("utf-8") + "# the port of the office\nport = 9\n")
    remember_encoder(tmp_path, name)
    assert load_settings(tmp_path, environment={}) == Settings(tmp_path, encoder=name, port=9)
    assert "# the port of the office" in path.read_text("utf-8")


def test_a_file_with_a_byte_order_mark_is_read_and_changed_like_any_other(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b'\xef\xbb\xbfencoder = "first"\nport = 9\n')
    assert load_settings(tmp_path, environment={}).port == 9
    remember_encoder(tmp_path, "x/y")
    remember_source(tmp_path, "niwa", "/niwa.json")
    found = load_settings(tmp_path, environment={})
    assert (found.encoder, found.port, found.sources) == ("x/y", 9, {"niwa": "/niwa.json"})


class TestSources:
    def test_a_path_is_made_absolute_and_an_address_stays(self, tmp_path: Path) -> None:
        write(tmp_path / FILE_NAME, '[sources]\nniwa = "https://scrapbox.io/niwa"\n"庭 2" = "exports/*.json"\n')
        found = load_settings(tmp_path, environment={}).sources
        assert found == {"niwa": "https://scrapbox.io/niwa", "庭 2": str(tmp_path / "exports/*.json")}

    def test_the_environment_gives_them_as_a_table(self, tmp_path: Path) -> None:
        environment = {"LINKASSIST_SOURCES": '{niwa = "/a b/niwa.json"}'}
        assert load_settings(tmp_path, environment=environment).sources == {"niwa": "/a b/niwa.json"}

    @pytest.mark.parametrize("value", ["niwa", "[1]", "{niwa = 1}", '{niwa = " "}'])
    def test_what_is_no_such_table_is_refused(self, tmp_path: Path, value: str) -> None:
        with pytest.raises(SettingsError, match="LINKASSIST_SOURCES in the environment: .*expected a table such as"):
            load_settings(tmp_path, environment={"LINKASSIST_SOURCES": value})

    def test_a_source_is_remembered_and_the_rest_of_the_file_stays(self, tmp_path: Path) -> None:
        write(tmp_path / FILE_NAME, '# mine\nport = 1\n\n[ sources ] # where from\nniwa = "/old"\n\'diary\' = "/d"\n')
        remember_source(tmp_path, "niwa", "/新しい/100%.json")
        remember_source(tmp_path, 'say "x"', "https://scrapbox.io/x")
        found = load_settings(tmp_path, environment={})
        assert found.port == 1
        assert found.sources == {"niwa": "/新しい/100%.json", "diary": "/d", 'say "x"': "https://scrapbox.io/x"}
        assert (tmp_path / FILE_NAME).read_text("utf-8").startswith("# mine\n")

    def test_a_first_source_makes_the_file(self, tmp_path: Path) -> None:
        remember_source(tmp_path, "niwa", "/n.json")
        assert load_settings(tmp_path, environment={}).sources == {"niwa": "/n.json"}

    def test_a_file_that_is_written_otherwise_is_left_as_it_is(self, tmp_path: Path) -> None:
        path = write(tmp_path / FILE_NAME, 'sources = {niwa = "/old"}\n')
        with pytest.raises(SettingsError, match='Put in this line by hand: "niwa" = "/new"'):
            remember_source(tmp_path, "niwa", "/new")
        assert path.read_text("utf-8") == 'sources = {niwa = "/old"}\n'


class TestTheKeyToScrapbox:
    def test_it_is_never_shown(self, tmp_path: Path) -> None:
        found = load_settings(tmp_path, environment={"LINKASSIST_SCRAPBOX_KEY": "s:secret.x+/="})
        assert found.scrapbox_key == "s:secret.x+/="
        assert "secret" not in repr(found) + str(found)

    def test_one_that_a_browser_has_encoded_is_decoded(self, tmp_path: Path) -> None:
        found = load_settings(tmp_path, environment={"LINKASSIST_SCRAPBOX_KEY": "s%3Aa.b%2Bc%2F"})
        assert found.scrapbox_key == "s:a.b+c/"

    @pytest.mark.parametrize("value", ["s:secret\nX: y", "s:secret; a=b", "s:secret 1", "sécret"])
    def test_one_that_would_break_the_request_is_refused_without_being_shown(self, tmp_path: Path, value: str) -> None:
        with pytest.raises(
            SettingsError, match="scrapbox_key is not usable; expected a personal access token"
        ) as found:
            load_settings(tmp_path, environment={"LINKASSIST_SCRAPBOX_KEY": value})
        assert "cret" not in str(found.value)

    @pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")
    def test_a_file_that_holds_it_must_be_closed_to_others(self, tmp_path: Path) -> None:
        path = write(tmp_path / FILE_NAME, 'scrapbox_key = "s:secret"')
        path.chmod(0o640)
        with pytest.raises(SettingsError, match="others can read it. Run: chmod 600") as found:
            load_settings(tmp_path, environment={})
        assert "secret" not in str(found.value)
        path.chmod(0o600)
        assert load_settings(tmp_path, environment={}).scrapbox_key == "s:secret"


def test_names_of_hosts_and_proxies_are_taken_from_every_place(tmp_path: Path) -> None:
    (tmp_path / "linkassist.toml").write_text(
        'allow_host = ["Wiki.example.com", "wiki.test."]\ntrusted_proxy = "::1"\n'
    )
    found = load_settings(tmp_path, environment={})
    assert (found.allow_host, found.trusted_proxy) == ("wiki.example.com,wiki.test", "::1")
    above = {"LINKASSIST_ALLOW_HOST": "a.example, b.example", "LINKASSIST_TRUSTED_PROXY": "10.0.0.0/8, 127.0.0.1"}
    found = load_settings(tmp_path, environment=above)
    assert (found.allow_host, found.trusted_proxy) == ("a.example,b.example", "10.0.0.0/8,127.0.0.1")
    assert load_settings(tmp_path, allow_host=["c.example"], environment=above).allow_host == "c.example"


@pytest.mark.parametrize("name", ["https://wiki.example", "wiki.example:8000", "*", "a b", "", "*.example", "-x"])
def test_a_name_with_scheme_port_or_star_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="--allow-host.*names of hosts without scheme and port"):
        load_settings(tmp_path, allow_host=[name], environment={})


@pytest.mark.parametrize("proxy", ["*", "proxy.example", "10.0.0.1/8", "127.0.0.1:80"])
def test_a_proxy_is_named_by_its_address(tmp_path: Path, proxy: str) -> None:
    with pytest.raises(SettingsError, match="--trusted-proxy.*such as 127.0.0.1 or 10.0.0.0/8"):
        load_settings(tmp_path, trusted_proxy=proxy, environment={})
