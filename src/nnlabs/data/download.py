"""Files by URL: resumed, watched, verified, and only then renamed into place."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from nnlabs.core import disk
from nnlabs.core.errors import UserError
from nnlabs.telling.progress import CountProgress

ANSWER_SECONDS = 10.0
"""A source that says nothing for so long is set aside."""
SLOW_BYTES, SLOW_SECONDS = 300_000, 15.0
"""So is one that stays under this many bytes a second for this long, while another is untried."""
CHUNK = 1 << 16


class SlowSourceError(UserError):
    """The source works, but another may be faster; what has come is kept."""


class NotThereError(UserError):
    """The server answers that it has no such file."""


def file_hash(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def verified(path: Path, algorithm: str, expected: str) -> bool:
    """Whether the file is there and has the expected hash."""
    return path.is_file() and file_hash(path, algorithm) == expected


def download(url: str, target: Path, md5: str | None = None, *, patient: bool) -> None:
    """Bring a URL's content to the target, going on where an earlier try stopped.

    `patient` waits for a slow source; without it a slow one raises SlowSourceError and what has
    come so far stays beside the target for the next try.

    Raises
    ------
    UserError
        Where the server does not answer, refuses, sends nothing or sends other content.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    resumed = part.stat().st_size if part.exists() else 0
    try:
        _transfer(url, part, resumed, patient)
    except requests.RequestException as error:
        absent = error.response is not None and error.response.status_code == 404
        raise (NotThereError if absent else UserError)(f"{url}: {_reason(error)}") from None
    if not part.stat().st_size:
        part.unlink()
        raise UserError(f"{url}: an empty file came")
    if md5 and (found := file_hash(part, "md5")) != md5:
        part.unlink()
        if resumed:  # the older piece may have been of another file: once more, from the start
            return download(url, target, md5, patient=patient)
        raise UserError(f"{url}: another file came (md5 {found} instead of {md5})")
    part.replace(target)


def download_any(urls: Sequence[str], target: Path, *, patient: bool) -> None:
    """Bring the content of the first of these URLs that is there.

    Raises
    ------
    NotThereError
        Where none is.
    UserError
        As `download`.
    """
    for url in urls:
        try:
            return download(url, target, patient=patient)
        except NotThereError as error:
            absent = error
    raise absent


def _transfer(url: str, part: Path, offset: int, patient: bool) -> None:
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with requests.get(url, headers=headers, stream=True, timeout=ANSWER_SECONDS) as answer:
        if answer.status_code == 416:  # nothing is left to send
            return
        answer.raise_for_status()
        if answer.status_code != 206:
            offset = 0  # the server does not resume: everything comes anew
        length = answer.headers.get("Content-Length")
        total = offset + int(length) if length and length.isdigit() else None
        disk.need(part, (total or offset) - offset)
        title = part.name.removesuffix(".part")
        with (
            disk.writing(part),
            CountProgress(title, total, "B", offset) as progress,
            part.open("ab" if offset else "wb") as file,
        ):
            window, came = time.monotonic(), 0
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                progress.add(len(chunk))
                came += len(chunk)
                elapsed = time.monotonic() - window
                if elapsed > SLOW_SECONDS:
                    if not patient and came < SLOW_BYTES * elapsed:
                        raise SlowSourceError(f"{url}: only {came / elapsed / 1000:.0f} kB/s; set aside for now")
                    window, came = time.monotonic(), 0
        if total is not None and part.stat().st_size < total:
            raise UserError(f"{url}: broke off after {part.stat().st_size} of {total} bytes; run again to resume")


def _reason(error: requests.RequestException) -> str:
    if error.response is not None:
        return f"answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {ANSWER_SECONDS:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return "broke off; run again to resume"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return type(error).__name__
