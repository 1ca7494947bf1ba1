"""Where the server listens, and what the reader is told about it."""

from __future__ import annotations

import socket

import pytest

from linkassist.errors import SettingsError
from linkassist.server.run import address_of, has_desktop, listen, listen_nearby


def test_port_0_takes_any_free_port_and_the_address_names_it() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert address_of(listener) == f"http://127.0.0.1:{port}/"


def test_a_server_on_every_address_is_opened_under_loopback() -> None:
    with listen("0.0.0.0", 0) as listener:
        assert address_of(listener).startswith("http://127.0.0.1:")


def test_an_ipv6_address_stands_in_brackets() -> None:
    try:
        listener = listen("::1", 0)
    except SettingsError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert address_of(listener).startswith("http://[::1]:")


def test_a_taken_port_is_refused_with_advice_or_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SettingsError, match="is taken by another program.*Name another with --port, or 0"):
            listen("127.0.0.1", port)
        with listen_nearby("127.0.0.1", port) as listener:
            assert listener.getsockname()[1] not in (0, port)


@pytest.mark.parametrize("host", ["192.0.2.1", "not a host"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="Correct --host"):
        listen_nearby(host, 0)


@pytest.mark.skipif("sys.platform in ('darwin', 'win32')", reason="there a desktop is taken for granted")
def test_a_desktop_is_where_a_window_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_desktop()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_desktop()
