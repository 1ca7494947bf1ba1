"""The commands, run in the process on small exports: what they print, what they keep, and how they fail."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from linkassist.cli.app import app
from linkassist.evaluate.last_report import kept_report
from linkassist.settings import FILE_NAME, load_settings
from linkassist.store.library import Library
from linkassist.store.pages import find_page, project
from linkassist.store.runs import finish_run, start_run
from linkassist.store.suggestions import replace_suggestions
from linkassist.store.verdicts import record_verdict
from linkassist.suggestion import Kind, Mention, Reason, Suggestion, Verdict


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("LINKASSIST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], prog_name="linkassist", input=stdin)


def succeed(*arguments: object, stdin: bytes | None = None) -> str:
    result = run(*arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def fail(*arguments: object, code: int = 1) -> str:
    """What a command that must fail says on standard error; nothing may stand on standard output."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    return result.stderr


def page(title: str, *lines: str, page_id: str = "", updated: int = 100) -> dict[str, Any]:
    found: dict[str, Any] = {"title": title, "created": 10, "updated": updated, "lines": [title, *lines]}
    return found | ({"id": page_id} if page_id else {})


def export(path: Path, pages: Sequence[object], name: str = "niwa", exported: int = 1_700_000_000) -> Path:
    data: dict[str, object] = {"name": name, "displayName": "庭", "exported": exported, "pages": pages}
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    return path


PAGES = [
    page("庭", "[道具] と #手入れ", page_id="a"),
    page("道具", "[庭] の道具", page_id="b"),
    page("草", page_id="c"),
]


@pytest.fixture
def imported(tmp_path: Path, library: Path) -> Path:
    """A library with three pages and no suggestions."""
    succeed("import", export(tmp_path / "niwa.json", PAGES), "--library", library, "--no-reindex")
    return library


def suggestion(target: str, kind: Kind, probability: float) -> Suggestion:
    mention = Mention(1, 1, 3, "道具")
    return Suggestion(target, kind, probability, (mention,), (Reason("link_probability", 2, 3),))


def put_suggestions(library: Path, title: str, suggestions: Sequence[Suggestion]) -> None:
    with Library.open(library) as opened:
        of = project(opened, None)
        run_id = start_run(opened, "reindex", of.id)
        replace_suggestions(opened, of.id, run_id, [(find_page(opened, of.id, title).id, suggestions)])
        finish_run(opened, run_id, "done")


class TestImport:
    def test_it_tells_what_is_new_changed_unchanged_gone_and_renamed(self, tmp_path: Path, imported: Path) -> None:
        later = [PAGES[0], page("大工道具", "[庭] の道具", page_id="b"), page("芽", page_id="d"), page("芽", updated=1)]
        said = succeed("import", export(tmp_path / "2.json", later), "--library", imported, "--no-reindex")
        assert said.splitlines()[0] == "niwa: 3 pages (1 new, 1 changed, 1 unchanged, 1 gone, 1 renamed, 1 skipped)"
        assert said.splitlines()[1] == "  renamed: 道具 -> 大工道具"
        assert said.splitlines()[2].startswith("  skipped: ")

    def test_it_tells_of_accepted_links_that_are_in_the_wiki_now(self, tmp_path: Path, imported: Path) -> None:
        with Library.open(imported) as opened:
            of = project(opened, None)
            accepted = Verdict("芽", "accept", 1, "red", 0.5)
            record_verdict(opened, find_page(opened, of.id, PAGES[0]["title"]).id, accepted)
        later = [page(PAGES[0]["title"], "[芽]", page_id=PAGES[0]["id"]), *PAGES[1:]]
        source = export(tmp_path / "2.json", later)
        options = ("import", source, "--library", imported, "--no-reindex")
        assert succeed(*options).splitlines()[1] == "  1 link you accepted is in the wiki now"
        assert "accepted" not in succeed(*options)
        found = json.loads(succeed(*options, "--json"))
        assert (found["arrived"], found["joined"]) == (0, 0)

    @pytest.mark.parametrize("compress", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
    def test_it_reads_compressed_exports(self, tmp_path: Path, library: Path, compress: Any) -> None:
        packed = tmp_path / "packed"
        packed.write_bytes(compress(export(tmp_path / "niwa.json", PAGES).read_bytes()))
        assert succeed("import", packed, "--library", library, "--no-reindex").startswith("niwa: 3 pages (3 new")

    def test_it_reads_standard_input(self, tmp_path: Path, library: Path) -> None:
        data = export(tmp_path / "niwa.json", PAGES).read_bytes()
        said = succeed("import", "-", "--library", library, "--no-reindex", stdin=data)
        assert said.startswith("niwa: 3 pages (3 new")

    def test_standard_input_without_a_name_needs_one(self, library: Path) -> None:
        result = run("import", "-", "--library", library, stdin=b'{"pages": []}')
        assert result.exit_code == 1
        assert "Name the project with --project NAME" in result.stderr
        assert not library.exists()

    def test_a_project_can_be_named(self, tmp_path: Path, library: Path) -> None:
        source = export(tmp_path / "niwa.json", PAGES)
        assert succeed("import", source, "--library", library, "--no-reindex", "--project", "x").startswith("x: 3")

    def test_a_bad_page_leaves_the_library_as_it_was(self, tmp_path: Path, imported: Path) -> None:
        before = succeed("status", "--json", "--library", imported)
        bad = export(tmp_path / "bad.json", [page("新", page_id="z"), {"title": "壊", "lines": ["壊", 12]}])
        said = fail("import", bad, "--library", imported, "--no-reindex")
        assert 'page "壊", line 1 is a number; expected text' in said
        assert "Traceback" not in said
        assert succeed("status", "--json", "--library", imported) == before

    def test_bad_pages_can_be_skipped_and_are_listed(self, tmp_path: Path, library: Path) -> None:
        bad = export(tmp_path / "bad.json", [PAGES[0], {"title": "壊", "lines": ["壊", 12]}])
        said = succeed("import", bad, "--library", library, "--no-reindex", "--skip-bad-pages")
        assert "1 new" in said and "1 skipped" in said
        assert 'page "壊", line 1 is a number' in said

    def test_ten_of_the_pages_left_out_are_told_and_all_of_them_with_json(self, tmp_path: Path, library: Path) -> None:
        bad = [{"title": f"壊{number}", "lines": [12]} for number in range(182)]
        source = export(tmp_path / "bad.json", [PAGES[0], *bad])
        options = ("import", source, "--library", library, "--skip-bad-pages", "--no-reindex")
        said = succeed(*options).splitlines()
        assert said[0].endswith("182 skipped)")
        assert [line.startswith("  skipped: ") for line in said[1:]] == 10 * [True] + [False]
        assert said[-1] == "  and 172 more skipped"

        found = json.loads(succeed(*options, "--json"))
        assert (found["project"], found["pages"], found["counts"]["skipped"]) == ("niwa", 1, 182)
        assert [f'"壊{number}"' in message for number, message in enumerate(found["skipped"])] == 182 * [True]

    def test_with_json_nothing_else_is_on_standard_output(self, tmp_path: Path, imported: Path) -> None:
        later = [PAGES[0], page("大工道具", "[庭] の道具", page_id="b")]
        found = json.loads(succeed("import", export(tmp_path / "2.json", later), "--library", imported, "--json"))
        assert found["renamed"] == [["道具", "大工道具"]]
        assert found["counts"] == {"new": 0, "changed": 1, "unchanged": 1, "gone": 1, "renamed": 1, "skipped": 0}

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path, library: Path) -> None:
        said = fail("import", tmp_path / "none.json", "--library", library)
        assert said.startswith("linkassist: ") and "none.json cannot be opened" in said
        assert not library.exists()

    def test_a_named_encoder_is_remembered_by_the_library(self, tmp_path: Path, library: Path) -> None:
        source = export(tmp_path / "niwa.json", PAGES)
        succeed("import", source, "--library", library, "--no-reindex", "--encoder", "org/model")
        assert load_settings(library).encoder == "org/model"
        assert json.loads(succeed("status", "--json", "--library", library))["encoder"] == "org/model"

    def test_the_usual_encoder_needs_no_file_of_settings(self, tmp_path: Path, library: Path) -> None:
        source = export(tmp_path / "niwa.json", PAGES)
        succeed("import", source, "--library", library, "--no-reindex", "--encoder", "wiki")
        assert not (library / FILE_NAME).exists()

    def test_the_library_is_that_of_the_environment_unless_an_option_names_one(
        self, tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LINKASSIST_LIBRARY", str(tmp_path / "other"))
        succeed("import", export(tmp_path / "niwa.json", PAGES), "--no-reindex")
        assert "庭" in succeed("suggest", "--all")
        assert "There is no library in" in fail("suggest", "--all", "--library", library)


class TestSuggest:
    def test_json_lines_hold_the_contract_to_the_letter(self, imported: Path) -> None:
        put_suggestions(imported, "草", [suggestion("道具", "page", 0.25), suggestion("新しい", "new", 0.75)])
        said = succeed("suggest", "--page", "草", "--format", "jsonl", "--library", imported)
        mentions = [{"line": 1, "start": 1, "end": 3, "surface": "道具"}]
        (line,) = said.splitlines()
        found = json.loads(line)
        reasons = found["suggestions"][0]["reasons"]
        assert [list(reason) for reason in reasons] == [["signal", "text"]]
        assert reasons[0]["signal"] == "link_probability" and "2" in reasons[0]["text"]
        assert found == {
            "project": "niwa",
            "page": "草",
            "suggestions": [
                {"target": "新しい", "kind": "new", "probability": 0.75, "mentions": mentions, "reasons": reasons},
                {"target": "道具", "kind": "page", "probability": 0.25, "mentions": mentions, "reasons": reasons},
            ],
        }
        assert line.startswith('{"project": "niwa", "page": "草", "suggestions": [{"target": "新しい", "kind": "new"')

    def test_all_prints_a_line_for_every_page(self, imported: Path) -> None:
        put_suggestions(imported, "草", [suggestion("道具", "page", 0.25)])
        lines = succeed("suggest", "--all", "--format", "jsonl", "--library", imported).splitlines()
        assert {found["page"]: len(found["suggestions"]) for found in map(json.loads, lines)} == {
            "庭": 0,
            "草": 1,
            "道具": 0,
        }

    def test_the_limit_is_per_kind(self, imported: Path) -> None:
        many = [suggestion(f"{kind}{n}", kind, 0.9 - n / 10) for kind in ("page", "red", "new") for n in range(4)]  # type: ignore[arg-type]
        put_suggestions(imported, "草", many)
        said = succeed("suggest", "--page", "草", "--format", "jsonl", "--limit", "2", "--library", imported)
        targets = [each["target"] for each in json.loads(said)["suggestions"]]
        assert targets == ["page0", "red0", "new0", "page1", "red1", "new1"]

    def test_what_was_decided_is_not_printed(self, imported: Path) -> None:
        put_suggestions(imported, "草", [suggestion("道具", "page", 0.25)])
        with Library.open(imported) as opened:
            found = find_page(opened, project(opened, None).id, "草")
            record_verdict(opened, found.id, Verdict("道具", "reject", 1, "page", 0.25))
        assert json.loads(succeed("suggest", "--page", "草", "--format", "jsonl", "--library", imported)) == {
            "project": "niwa",
            "page": "草",
            "suggestions": [],
        }

    def test_what_was_taught_on_other_pages_is_in_what_is_printed(self, imported: Path) -> None:
        put_suggestions(imported, "草", [suggestion("道具", "red", 0.25)])
        with Library.open(imported) as opened:
            for title in ("庭", "道具"):
                page_id = find_page(opened, project(opened, None).id, title).id
                record_verdict(opened, page_id, Verdict("道具", "reject", 1, "red", 0.25))
        said = json.loads(succeed("suggest", "--page", "草", "--format", "jsonl", "--library", imported))
        (found,) = said["suggestions"]
        assert found["probability"] < 0.25
        assert found["reasons"][-1] == {"signal": "dismissed_before", "text": "you dismissed this link on 2 pages"}

    def test_words_give_probability_kind_place_and_reason(self, imported: Path) -> None:
        put_suggestions(imported, "草", [suggestion("道具", "page", 0.25)])
        said = succeed("suggest", "--page", "草", "--language", "en", "--library", imported).splitlines()
        assert said[0] == "草"
        assert said[1] == "   25%  page  [道具]  (line 1: 道具)"
        assert said[2].strip() == "linked in 2 of the 3 pages that contain it"

    def test_the_reasons_speak_the_language_that_is_asked_for(self, imported: Path) -> None:
        put_suggestions(imported, "草", [suggestion("道具", "page", 0.25)])
        assert "ページ" in succeed("suggest", "--page", "草", "--language", "ja", "--library", imported)

    def test_a_page_is_found_by_its_title_key(self, imported: Path) -> None:
        assert succeed("suggest", "--page", "道具", "--library", imported).splitlines() == ["道具", "  no suggestions"]

    def test_a_page_that_is_not_there_is_told_with_the_nearest_titles(self, imported: Path) -> None:
        assert 'No page has the title "道". Near it: "道具".' in fail("suggest", "--page", "道", "--library", imported)

    def test_a_library_that_is_not_there_is_not_made(self, library: Path) -> None:
        assert "Run `linkassist import EXPORT.json` to make one" in fail("suggest", "--all", "--library", library)
        assert not library.exists()

    def test_one_of_several_projects_must_be_named(self, tmp_path: Path, imported: Path) -> None:
        other = export(tmp_path / "2.json", [page("x")], name="mori")
        succeed("import", other, "--library", imported, "--no-reindex")
        assert "(mori, niwa). Name one with --project" in fail("suggest", "--all", "--library", imported)
        assert succeed("suggest", "--all", "--project", "mori", "--library", imported).startswith("x\n")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "Name one page with --page TITLE, or ask for all of them with --all"),
            (["--page", "x", "--all"], "Name one page"),
            (["--all", "--limit", "0"], "--limit"),
            (["--all", "--format", "xml"], "--format"),
        ],
    )
    def test_wrong_usage_ends_with_code_2(self, imported: Path, arguments: list[str], message: str) -> None:
        assert message in fail("suggest", *arguments, "--library", imported, code=2)


class TestLinks:
    def test_it_prints_every_link_with_its_span(self, tmp_path: Path) -> None:
        said = succeed("links", export(tmp_path / "niwa.json", PAGES)).splitlines()
        assert [json.loads(line)["page"] for line in said] == ["庭", "道具", "草"]
        assert json.loads(said[0]) == {
            "page": "庭",
            "links": [
                {"line": 1, "start": 0, "end": 4, "target": "道具", "notation": "bracket"},
                {"line": 1, "start": 7, "end": 11, "target": "手入れ", "notation": "hashtag"},
            ],
        }
        assert json.loads(said[2]) == {"page": "草", "links": []}

    def test_it_reads_standard_input(self) -> None:
        assert json.loads(succeed("links", "-", stdin=b'[{"title": "x", "lines": ["x", "[y]"]}]'))["page"] == "x"

    def test_a_file_that_is_no_export_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text("hello")
        assert "x.json" in fail("links", tmp_path / "x.json")


class TestStatus:
    def test_json_tells_pages_encoder_and_the_last_run(self, imported: Path) -> None:
        put_suggestions(imported, "草", [suggestion("道具", "page", 0.25)])
        found = json.loads(succeed("status", "--json", "--library", imported))
        (niwa,) = found["projects"]
        assert (found["library"], found["encoder"]) == (str(imported), "wiki")
        assert (niwa["project"], niwa["display_name"], niwa["pages"], niwa["links"]) == ("niwa", "庭", 3, 3)
        assert (niwa["suggestions"], niwa["exported_at"]) == (1, 1_700_000_000)
        assert niwa["reindexed_at"] == niwa["last_run"]["finished_at"] > 1_700_000_000
        assert (niwa["last_run"]["kind"], niwa["last_run"]["status"]) == ("reindex", "done")

    def test_words_tell_the_same(self, imported: Path) -> None:
        said = succeed("status", "--library", imported)
        assert "pages        3 with 5 lines and 3 links" in said
        assert "reindexed    never" in said

    def test_what_never_happened_is_null(self, imported: Path) -> None:
        (niwa,) = json.loads(succeed("status", "--json", "--library", imported))["projects"]
        assert (niwa["reindexed_at"], niwa["last_run"]) == (None, None)


DATED: list[dict[str, Any]] = [
    {
        "title": title,
        "created": at,
        "updated": at,
        "lines": [{"text": text, "created": at, "updated": at} for text in (title, "[道具]と[草]と[芽]")],
    }
    for at, title in enumerate(["庭", "道具", *(f"{word}の手入れ" for word in "春夏秋冬朝昼夜")], 1000)
]


class TestEvaluate:
    @pytest.fixture
    def dated(self, tmp_path: Path, library: Path) -> Path:
        """A library with nine pages, made one after the other."""
        succeed("import", export(tmp_path / "niwa.json", DATED), "--library", library, "--no-reindex")
        return library

    def test_without_files_the_wiki_in_the_library_is_measured_and_the_report_kept(self, dated: Path) -> None:
        said = json.loads(succeed("evaluate", "--library", dated, "--pages", "3", "--json"))
        assert (said["earlier"], said["later"], said["origin"], said["moment"]) == ("niwa", "", "line times", 1005)
        assert (said["n_pages_before"], said["n_asked"], said["n_gold"]) == (6, 3, 9)
        assert said["shown"]["n_pages"] == 3
        with Library.open(dated) as opened:
            kept = kept_report(opened, project(opened, None).id)
        assert kept is not None and json.loads(kept.as_json()) == said

    def test_one_export_is_measured_alone_and_nothing_is_kept(self, tmp_path: Path) -> None:
        said = succeed("evaluate", export(tmp_path / "1.json", DATED), "--pages", "3", "--blind")
        moment = time.strftime("%Y-%m-%d %H:%M", time.localtime(1005))
        assert said.startswith(f"Links by line times: 1.json as it stood on {moment}\n")
        assert "Our probabilities (all kinds)" in said
        assert not (tmp_path / "data-home").exists()

    def test_an_export_without_times_has_random_links_hidden(self, tmp_path: Path) -> None:
        timeless = [{"title": each["title"], "lines": [line["text"] for line in each["lines"]]} for each in DATED]
        said = json.loads(succeed("evaluate", export(tmp_path / "1.json", timeless), "--pages", "2", "--json"))
        assert (said["origin"], said["moment"], said["n_asked"]) == ("hidden links", 0, 2)

    def test_a_wiki_without_links_says_that_it_cannot_be_measured(self, tmp_path: Path) -> None:
        assert "Measure again when it has more links" in fail("evaluate", export(tmp_path / "1.json", [page("x")]))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["a.json", "--library", "x"], "--library is for the library"),
            (["a.json", "--project", "x"], "--project is for the library"),
            (["a.json", "b.json", "--pages", "3"], "--pages is for a single wiki"),
            (["a.json", "b.json", "--seed", "0"], "--seed is for a single wiki"),
            (["--by-id"], "--by-id or --by-title is for two exports"),
            (["a.json", "--by-title"], "name OLD and NEW"),
            (["--pages", "0"], "--pages"),
        ],
    )
    def test_options_without_effect_are_wrong_usage(self, arguments: list[str], message: str) -> None:
        assert message in " ".join(fail("evaluate", *arguments, code=2).split())


def test_reindexing_a_library_without_projects_says_how_to_get_one(library: Path) -> None:
    Library.open(library).close()
    assert "Run `linkassist import EXPORT.json` to put one in" in fail("reindex", "--library", library)


def test_a_bad_setting_is_told_without_a_traceback(imported: Path) -> None:
    (imported / FILE_NAME).write_text("prot = 1\n")
    assert "sets prot, which is no setting; expected one of" in fail("status", "--library", imported)


def test_an_unknown_command_ends_with_code_2() -> None:
    assert "No such command 'sugest'" in fail("sugest", code=2)


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert succeed("--version").strip() == version("linkassist")
