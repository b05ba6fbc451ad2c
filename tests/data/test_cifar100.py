"""CIFAR-100 in its true format: tarball or folder, by the md5 of each file, fine labels and names."""

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from making import Server, in_place_of, make, tgz

from nnlabs.config.editions import in_edition
from nnlabs.core.errors import UserError
from nnlabs.data import fetch, prepared
from nnlabs.data.catalogue.kinds import File, Images
from nnlabs.data.catalogue.origins.cifar100 import ORIGIN as CIFAR100

TRAIN, TEST = 200, 100
FOLDER = "cifar-100-python"


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def pixels(n: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, 3, 32, 32), dtype=np.uint8)


def files(names: tuple[str, ...] = CIFAR100.classes) -> dict[str, bytes]:
    """As the official files: protocol 2, keys of bytes, coarse labels beside the fine ones."""

    def part(n: int, title: str) -> bytes:
        labels = [i % 100 for i in range(n)]
        content = {
            b"filenames": [f"image_{i}.png".encode() for i in range(n)],
            b"batch_label": title.encode(),
            b"fine_labels": labels,
            b"coarse_labels": [label // 5 for label in labels],
            b"data": pixels(n).reshape(n, -1),
        }
        return pickle.dumps(content, protocol=2)

    meta = {b"fine_label_names": [name.encode() for name in names], b"coarse_label_names": [b"fruit"] * 20}
    return {
        "train": part(TRAIN, "training batch 1 of 1"),
        "test": part(TEST, "testing batch 1 of 1"),
        "meta": pickle.dumps(meta, protocol=2),
    }


def packed(content: dict[str, bytes]) -> bytes:
    return tgz({f"{FOLDER}/{name}": each for name, each in content.items()})


def made(content: dict[str, bytes]) -> Images:
    """The origin with the made files' sizes and hashes."""
    archive = replace(CIFAR100.files[0], md5=md5(packed(content)))
    hashes = {name: md5(each) for name, each in content.items()}
    return replace(CIFAR100, train=TRAIN, test=TEST, md5=hashes, files=(archive,))


def write(folder: Path, content: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, each in content.items():
        (folder / name).write_bytes(each)


@pytest.mark.parametrize("place", ["", "cifar100"])
@pytest.mark.parametrize("unpacked", [True, False])
def test_a_mirror_has_the_tarball_or_the_folder(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, unpacked: bool
) -> None:
    content, mirror = files(), tmp_path / "mirror"
    if unpacked:
        write(mirror / place / FOLDER, content)
    else:
        write(mirror / place, {"cifar-100-python.tar.gz": packed(content)})
    monkeypatch.setenv("NNLABS_MIRROR", str(mirror))
    arrays, record = fetch.fetch(made(content))
    assert record["source"] == "mirror"
    assert np.array_equal(arrays["train_images"], pixels(TRAIN))
    assert np.array_equal(arrays["test_images"], pixels(TEST))
    assert arrays["train_labels"].tolist() == [i % 100 for i in range(TRAIN)]  # the fine ones


def test_the_official_address_serves_the_tarball(cache: Path, server: Server) -> None:
    content = files()
    origin = made(content)
    assert origin.files[0].urls == ("https://www.cs.toronto.edu/~kriz/",)
    server.files["cifar-100-python.tar.gz"] = packed(content)
    arrays, _ = fetch.fetch(replace(origin, files=(File(origin.files[0].name, (server.url,), origin.files[0].md5),)))
    assert np.array_equal(arrays["train_images"], pixels(TRAIN))


def test_it_becomes_the_original_edition_of_objects3(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = yaml.safe_load(Path("params.yaml").read_text())["datasets"]["objects3"]
    fitting = {"train_per_class": 2, "test_per_class": 1, "validation": 0.5}
    content = files()
    write(tmp_path / "mirror" / FOLDER, content)
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    in_place_of(monkeypatch, made(content))
    make("objects3", "original", **in_edition(raw, "original") | fitting)
    data = prepared.load("objects3")
    assert data.classes == ["apple", "clock", "house"]
    assert data.meta["split"]["test"] == [CIFAR100.classes.index(name) for name in data.classes]
    assert np.array_equal(data.test.images, pixels(TEST)[data.meta["split"]["test"]])
    assert [len(part.labels) for part in (data.train, data.validation, data.test)] == [3, 3, 3]
    assert data.meta["origin_content"].keys() == {"train", "test", "meta"}


def labelled_beyond() -> bytes:
    return pickle.dumps({b"fine_labels": [100] * TRAIN, b"data": pixels(TRAIN).reshape(TRAIN, -1)}, 2)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("ran",)


@pytest.mark.parametrize(
    ("name", "content", "official", "said"),
    [
        ("train", files()["train"] + b"\0", False, "another file than the official one"),
        ("test", files()["train"], True, "100 images of 3072 bytes are needed"),
        ("meta", files(("pear", *CIFAR100.classes[1:]))["meta"], True, "other names of classes"),
        ("meta", pickle.dumps({b"coarse_label_names": []}, 2), True, "no names of fine classes"),
        ("meta", pickle.dumps(Evil(), 2), True, "print"),
        ("train", labelled_beyond(), True, "label 100 found; cifar100 has 100 classes"),
    ],
)
def test_another_file_is_refused(
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes,
    official: bool,
    said: str,
) -> None:
    """Even one whose md5 fits, where it is no such pickle."""
    altered = files() | {name: content}
    write(tmp_path / "mirror" / FOLDER, altered)
    monkeypatch.setenv("NNLABS_MIRROR", str(tmp_path / "mirror"))
    origin = made(altered if official else files())
    origin = replace(origin, files=tuple(replace(file, urls=()) for file in origin.files))
    with pytest.raises(UserError, match=said):
        fetch.fetch(origin)
    assert "ran" not in capsys.readouterr().out
