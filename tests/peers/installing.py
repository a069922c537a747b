"""`python -m tests.peers.installing`: what the manifests in this folder name, into var/peers, if it is not there yet.

A peer that cannot be installed is left out with a word why; its tests are skipped.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

_MANIFESTS: Final = Path(__file__).resolve().parent
FOLDER: Final = _MANIFESTS.parent.parent / "var" / "peers"
AIMOCK: Final = FOLDER / "aimock" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
MOCKLIMIT: Final = FOLDER / "mocklimit" / "bin" / "mocklimit"
NO_NODE: Final = (
    "aimock needs Node.js 20.15 or newer with npm: install both (apt-get install nodejs npm, brew install node, or "
    "https://nodejs.org), then run make test-peers again"
)


def main() -> int:
    """Exit code 1 if there is no peer at all."""
    installed = _install("mocklimit", manifests=("requirements.txt",))
    if shutil.which("node") and shutil.which("npm"):
        installed |= _install("aimock", manifests=("package.json", "package-lock.json"))
    else:
        sys.stderr.write(f"{NO_NODE}\n")
    return 0 if installed else 1


def _install(name: str, *, manifests: tuple[str, ...]) -> bool:
    """Whether it is there now."""
    folder = FOLDER / name
    stamp = folder / ".installed"
    wanted = hashlib.sha256(b"".join((_MANIFESTS / manifest).read_bytes() for manifest in manifests)).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    sys.stderr.write(f"Installing {name} into {folder} (pinned, hashes checked) ...\n")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for manifest in manifests:
        shutil.copy(_MANIFESTS / manifest, folder)
    try:
        for command in _commands(name, folder=folder):
            subprocess.run(command, cwd=folder, check=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(folder)
        sys.stderr.write(f"{name} could not be installed (is the network there?); its tests are skipped\n")
        return False
    stamp.write_text(wanted)
    return True


def _commands(name: str, *, folder: Path) -> list[list[str]]:
    if name == "aimock":
        # No scripts: nothing of a package runs at its installation.
        return [["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]]
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [*pip, "install", "--only-binary", ":all:", "--require-hashes", "-r", "requirements.txt"],
    ]


if __name__ == "__main__":
    sys.exit(main())
