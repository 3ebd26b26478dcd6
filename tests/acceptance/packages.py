"""Node packages that tests need, installed once for each lock file and kept for the next run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

INSTALLED = ("package.json", "package-lock.json", ".npmrc")


def install(folder: Path) -> Path:
    """Return the `node_modules` with the packages that `folder` needs; skip the test if there is no Node.js."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs Node.js 20 or newer and npm")
    content = b"".join((folder / name).read_bytes() for name in INSTALLED)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "innovation-hub"
    installed = cache / f"{folder.name}-{hashlib.sha256(content).hexdigest()[:16]}"
    if not installed.exists():
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache, prefix="installing-"))
        for name in INSTALLED:
            shutil.copy(folder / name, fresh)
        run("npm", "ci", "--ignore-scripts", cwd=fresh)
        try:
            fresh.rename(installed)
        except OSError:  # another process was faster
            shutil.rmtree(fresh)
    return installed / "node_modules"


def run(*command: str, cwd: Path, status: int = 0, stdin: str | None = None) -> str:
    """Return what a command prints; fail with all its output if it ends with another status."""
    done = subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == status, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
