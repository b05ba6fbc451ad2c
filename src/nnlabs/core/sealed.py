"""Files of tensors (safetensors) that carry a checksum of all their bytes, for whoever reads them without DVC.

safetensors compares none, so a weight that has changed on a disk would be taken as it is. The checksum stands in the
file's one metadata key, beside what is known of the tensors: with several keys, the bytes vary between runs.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from nnlabs.core.errors import said
from nnlabs.core.files import aside

KEY = "nnlabs"
BLANK = b"0" * 64
"""What stands in the checksum's place while it is computed."""
PLACE = rb"\"sha256\": \""
"""What comes before it: JSON within JSON."""


def metadata(known: dict[str, Any]) -> dict[str, str]:
    """For safetensors to write: what is known of the tensors, and room for the checksum."""
    return {KEY: json.dumps(known | {"sha256": BLANK.decode()}, sort_keys=True)}


def write(path: Path, content: bytes) -> None:
    """Write what safetensors has made of tensors and their `metadata`, with the checksum in its place."""
    start = content.index(PLACE + BLANK) + len(PLACE)
    with aside(path) as beside, beside.open("wb") as file:
        file.write(content[:start])
        file.write(hashlib.sha256(content).hexdigest().encode())
        file.write(memoryview(content)[start + len(BLANK) :])


def read(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The content, for safetensors to read, and what is known of the tensors.

    Raises
    ------
    OSError
        Where there is no such file.
    ValueError
        Where it is not as it was written.
    """
    content = path.read_bytes()
    try:
        length = int.from_bytes(content[:8], "little")
        known: dict[str, Any] = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][KEY])
        checksum = str(known.pop("sha256")).encode()
        start = content.index(PLACE + checksum) + len(PLACE)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no tensors of nnlabs: {said(error)}") from None
    found = hashlib.sha256(content[:start])
    found.update(BLANK)
    found.update(memoryview(content)[start + len(checksum) :])
    if found.hexdigest().encode() != checksum:
        raise ValueError(f"other bytes than were written: sha256 {found.hexdigest()[:12]}... found")
    return content, known
