"""A PostgreSQL of one's own, that may be stopped in the middle of its work."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.reliability.server import ROOT

_SCRIPT: Final = str(ROOT / ".ci" / "postgresql")


class Cluster:
    """A server on a free port of loopback, with its data in a folder.

    Parameters
    ----------
    folder : Path
        Empty; the server's owner may read and write it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        started = subprocess.run([_SCRIPT, "start", str(folder)], capture_output=True, text=True, check=False)
        assert started.returncode == 0, started.stderr
        self.url = started.stdout.strip()

    def crash(self) -> None:
        """Stop it at once, as when the machine's power goes, and start it again: it recovers from its log."""
        subprocess.run([_SCRIPT, "crash", str(self._folder)], capture_output=True, check=True)

    def stop(self) -> None:
        """End it for good."""
        subprocess.run([_SCRIPT, "stop", str(self._folder)], capture_output=True, check=True)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a cluster, and take it away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="escale-cluster-"))
    made = None
    try:
        made = Cluster(folder)
        yield made
    finally:
        if made is not None:
            made.stop()
        shutil.rmtree(folder)
