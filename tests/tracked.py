"""The files of the project, whether or not its tree has a git repository."""

import subprocess
import tempfile
from pathlib import Path


def files(root: Path) -> list[str]:
    """Paths in the tree that git tracks or would: all that `.gitignore` does not name."""
    with tempfile.TemporaryDirectory() as empty:
        git = ["git", f"--git-dir={empty}", f"--work-tree={root}"]
        subprocess.run([*git, "init", "-q"], cwd=root, check=True)
        command = [*git, "ls-files", "-z", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name]
