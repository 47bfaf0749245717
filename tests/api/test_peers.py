"""A webhook reaches the public Internet and nothing behind our own door."""

import socket

import pytest

from api.services.peers import NotAllowed, is_public, resolve


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 (refused here)
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "::7f00:1",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(NotAllowed):
        resolve(address, 443, in_clear=False, loopback=False)


def test_in_clear_only_on_this_machine() -> None:
    with pytest.raises(NotAllowed):
        resolve("93.184.215.14", 80, in_clear=True, loopback=True)
    assert resolve("127.0.0.1", 80, in_clear=True, loopback=True) == (socket.AF_INET, ("127.0.0.1", 80))
    with pytest.raises(NotAllowed):
        resolve("127.0.0.2", 80, in_clear=True, loopback=True)


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "localhost"])
def test_this_machine_under_another_name(name: str) -> None:
    with pytest.raises(NotAllowed):
        resolve(name, 443, in_clear=False, loopback=False)
