"""Image folders from their sources: a mirror in every form, a server, Kaggle, or one clear error."""

import io
import json
import sys
import tarfile
import types
import zipfile
from pathlib import Path

import pytest
from imaging import Make, class_folders, encoded, scene, write
from making import Server

from nnlabs.core.errors import UserError
from nnlabs.data import folders
from nnlabs.data.catalogue.kinds import ImageFolder

COUNTS = {"train": 6, "test": 3}


@pytest.fixture
def origin(small: Make, cache: Path, monkeypatch: pytest.MonkeyPatch) -> ImageFolder:
    monkeypatch.setitem(sys.modules, "kagglehub", None)  # as if it were not installed
    return small("afhq", counts=COUNTS)


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "made" / "afhq", {"train": 2, "val": 1}, ("cat", "dog", "wild"))


def packed(folder: Path, kind: str, inside: str = "afhq") -> bytes:
    stream = io.BytesIO()
    files = {f"{inside}/{path.relative_to(folder)}": path for path in folder.rglob("*") if path.is_file()}
    if kind == ".zip":
        with zipfile.ZipFile(stream, "w") as archive:
            for name, path in files.items():
                archive.write(path, name)
    else:
        with tarfile.open(fileobj=stream, mode="w:gz" if kind.endswith("gz") else "w") as archive:
            for name, path in files.items():
                archive.add(path, name)
    return stream.getvalue()


@pytest.mark.parametrize("place", ["afhq", "afhq/afhq", "afhq/any/afhq"])
def test_a_mirror_has_the_folder(
    origin: ImageFolder, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "mirror" / place).parent.mkdir(parents=True)
    whole.rename(tmp_path / "mirror" / place)
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    found, record = folders.fetch(origin, sample=False)
    assert (len(found.entries), record["source"], record["fetched"]) == (9, "mirror", False)
    assert found.root == tmp_path / "mirror" / place
    assert record["bytes"] == sum(path.stat().st_size for path in (tmp_path / "mirror").rglob("*.jpg"))


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("afhq.zip", "afhq"),
        ("afhq.tar", "."),
        ("animal-faces.tar.gz", "afhq"),
        ("afhq/afhq.tgz", "afhq"),
        ("afhq/archive.zip", "some/afhq"),
    ],
)
def test_a_mirror_has_the_archive(
    origin: ImageFolder, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, inside: str
) -> None:
    write(tmp_path / "mirror" / name, packed(whole, "".join(Path(name).suffixes), inside))
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    first, _ = folders.fetch(origin, sample=False)
    # unpacked once for each content
    unpacked = next(iter((tmp_path / "cache").rglob("unpacked/*")))
    again, _ = folders.fetch(origin, sample=False)
    assert again.root == first.root and first.root.is_relative_to(unpacked)
    write(whole / "train" / "cat" / "00.jpg", encoded(scene(seed=99)))
    write(tmp_path / "mirror" / name, packed(whole, "".join(Path(name).suffixes), inside))
    other, _ = folders.fetch(origin, sample=False)
    assert other.tree != first.tree
    assert not unpacked.exists()


@pytest.mark.parametrize("name", ["afhq/afhq.zip", "animal-faces.tar.gz"])
def test_a_server_has_the_archive(
    origin: ImageFolder, whole: Path, server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    server.files[name] = packed(whole, "".join(Path(name).suffixes))
    monkeypatch.setenv("NNLABS_MIRROR", server.url)
    found, record = folders.fetch(origin, sample=False)
    assert (len(found.entries), record["fetched"]) == (9, True)
    asked = len(server.asked)
    assert folders.fetch(origin, sample=False)[1]["fetched"] is False
    assert len(server.asked) == asked


def kaggle(monkeypatch: pytest.MonkeyPatch, whole: Path | None) -> list[str]:
    """A client that brings the folder, or fails; the handles that it was asked for."""
    asked: list[str] = []

    def dataset_download(handle: str) -> str:
        import os

        print("Downloading ...")
        asked.append(handle)
        if whole is None:
            raise ConnectionError("no way to\nthe server")
        came = Path(os.environ["KAGGLEHUB_CACHE"]) / "datasets" / handle / "versions" / "1"
        came.mkdir(parents=True)
        whole.rename(came / "afhq")
        return str(came)

    client = types.ModuleType("kagglehub")
    client.dataset_download = dataset_download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kagglehub", client)
    monkeypatch.setenv("KAGGLEHUB_CACHE", "")
    return asked


def test_kaggle_is_asked_once_and_last(
    origin: ImageFolder,
    whole: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = kaggle(monkeypatch, whole)
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path))
    found, record = folders.fetch(origin, sample=False)
    assert (len(found.entries), record["source"]) == (9, "Kaggle andrewmvd/animal-faces")
    assert record["fetched"] is True
    monkeypatch.delenv("NNLABS_MIRROR")
    assert folders.fetch(origin, sample=False)[1]["fetched"] is False
    assert asked == ["andrewmvd/animal-faces"]
    said = capsys.readouterr().out  # the client is quiet off a terminal
    assert said == (
        f"afhq: mirror: {tmp_path} holds neither afhq with train, val, nor afhq.zip; "
        "Kaggle andrewmvd/animal-faces serves it instead\n"
    )


def test_no_source_is_one_error_that_lists_each_with_its_reason(
    origin: ImageFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(UserError) as error:
        folders.fetch(origin, sample=False)
    lines = str(error.value).splitlines()
    assert lines[0] == "afhq: no source could serve it:"
    assert "holds neither afhq with train, val, nor afhq.zip" in lines[1]
    assert "Kaggle andrewmvd/animal-faces: its client kagglehub is missing; `pip install -e '.[kaggle]'`" in lines[2]
    assert "NNLABS_MIRROR" in lines[3] and len(lines) == 4
    kaggle(monkeypatch, None)
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "none"))
    with pytest.raises(UserError) as error:
        folders.fetch(origin, sample=False)
    assert "is no folder" in str(error.value)
    assert "its client failed (no way to the server)" in str(error.value)


def test_a_server_without_it_or_with_a_damaged_archive_is_told(
    origin: ImageFolder, whole: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLABS_MIRROR", server.url)
    with pytest.raises(UserError, match=r"it has none of afhq\.zip"):
        folders.fetch(origin, sample=False)
    server.files["afhq.zip"] = b"<html>Please log in</html>"
    with pytest.raises(UserError, match=r"afhq\.zip: damaged archive"):
        folders.fetch(origin, sample=False)
    server.files["afhq.zip"] = packed(whole, ".zip")  # mended there: fetched anew
    assert len(folders.fetch(origin, sample=False)[0].entries) == 9


def test_too_few_images_are_refused_with_how_to_fetch_anew(
    origin: ImageFolder, whole: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (whole / "val" / "dog" / "00.jpg").unlink()
    kaggle(monkeypatch, whole)
    with pytest.raises(UserError, match=r"2 test images found, 3 needed .*to have it fetched anew, delete .*kaggle"):
        folders.fetch(origin, sample=False)
    assert len(folders.fetch(origin, sample=True)[0].entries) == 8


def test_the_first_fetch_is_remembered(
    origin: ImageFolder, whole: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "made"))
    found, record = folders.fetch(origin, sample=False)
    folders.remember(origin, found, record["source"], sample=False)
    folders.fetch(origin, sample=False)
    folders.remember(origin, found, "another source", sample=False)  # which is not the first
    write(whole / "val" / "dog" / "00.jpg", encoded(scene(seed=77)))
    with pytest.raises(UserError, match=r"other images than those that mirror gave first .* delete .*first-fetch"):
        folders.fetch(origin, sample=False)
    folders.fetch(origin, sample=True)  # a sample has a memory of its own
    kept = next(iter(cache.rglob("first-fetch.json")))
    kept.write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        folders.fetch(origin, sample=False)
    kept.unlink()
    found, record = folders.fetch(origin, sample=False)
    folders.remember(origin, found, record["source"], sample=False)
    assert json.loads(kept.read_text())["images"] == 9
