"""Types, as `mypy` of the lock finds them: among the tests, since alone it would leave every other core idle."""

import subprocess
import sys


def test_types_hold() -> None:
    found = subprocess.run([sys.executable, "-m", "mypy"], capture_output=True, text=True)
    assert found.returncode == 0, f"{found.stdout}{found.stderr}"
