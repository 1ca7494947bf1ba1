"""Runs the server: the socket it listens on, uvicorn's settings, and the browser that is opened."""

from __future__ import annotations

import asyncio
import errno
import gc
import ipaddress
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import Final

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from linkassist.errors import SettingsError
from linkassist.server.context import ServerContext
from linkassist.server.middleware.host_guard import MOST_HEAD_BYTES
from linkassist.server.warm_up import warm_up

MOST_CONNECTIONS: Final = 800  # 1,024 open files are what many systems allow a program
HEADER_S: Final = 10.0
_LAST_S: Final = 1.0  # for responses under way at a second Ctrl-C


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address; port 0 takes any free one.

    Raises SettingsError where the port is taken or the host is not one of this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:  # UnicodeError for names that are too long or not text
        raise SettingsError(f"{host} is no address that can be listened on ({error}). Correct --host.") from error
    try:
        if os.name == "posix":
            # Lets a port just given up be bound again at once; on Windows the option would steal a port in use.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(_listen_error(error, host, port)) from error
    return listener


def listen_nearby(host: str, port: int) -> socket.socket:
    """Like `listen`, but on any free port if that one is taken."""
    try:
        return listen(host, port)
    except SettingsError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
            return listen(host, 0)
        raise


def address_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds the server: `http://127.0.0.1:8000/`."""
    host, port = listener.getsockname()[:2]
    ip = ipaddress.ip_address(host)
    if ip.is_unspecified:
        host = "::1" if ip.version == 6 else "127.0.0.1"
    return f"http://[{host}]:{port}/" if ip.version == 6 else f"http://{host}:{port}/"


def server_config(app: Starlette, trusted_proxy: str = "") -> uvicorn.Config:
    """uvicorn's settings, with limits on what arrives before the application sees it.

    trusted_proxy: comma-separated addresses or networks whose X-Forwarded-For and -Proto are believed; from all others
    these headers are ignored.
    """
    return uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxy),
        forwarded_allow_ips=trusted_proxy or "",
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=3,
    )


def serve_on(listener: socket.socket, app: Starlette, on_ready: Callable[[], None], trusted_proxy: str = "") -> None:
    """Serves until Ctrl-C or SIGTERM. on_ready: called once requests are answered. trusted_proxy: `server_config`."""
    server = _Server(server_config(app, trusted_proxy))
    server.on_ready = on_ready
    server.app = app
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # the usual way to end a server; uvicorn has shut it down and passes the signal on
    finally:
        listener.close()


def has_desktop() -> bool:
    """Whether a browser window can be opened for somebody to see."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_browser(address: str) -> None:
    """Opens the address in the desktop's browser, in a thread: some browsers return only when they are closed."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


class _Protocol(H11Protocol):
    """HTTP/1.1 with a timeout for the head of a request; uvicorn itself would wait forever."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Closes the connection after its response, without waiting for the rest of a request."""
        super().shutdown()
        if self.conn.their_state is h11.SEND_BODY:
            self.transport.close()

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state is h11.IDLE:
            self._watch()
        else:
            self._unwatch()

    def _should_upgrade(self) -> bool:
        # RFC 9110, 7.8: a server may ignore an upgrade and answer the request as any other. uvicorn would log the
        # advice to install a library that is of no use here.
        return False

    def _watch(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_S, self.transport.close)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Server(uvicorn.Server):
    on_ready: Callable[[], None]
    app: Starlette

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.on_ready()
            threading.Thread(target=_after_start, args=(self.app.state.context,), daemon=True).start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.app.state.is_ending = True  # ends the event streams, which last as long as an import
        await super().shutdown(sockets)
        # at a second Ctrl-C responses are not waited for, but processes and files are closed
        if self.force_exit:
            await self.lifespan.shutdown()
            if self.server_state.tasks:
                await asyncio.wait(self.server_state.tasks, timeout=_LAST_S)


def _after_start(context: ServerContext) -> None:
    warm_up(context)
    # What is in memory now stays: without freezing it, each full collection paused all requests for 90 ms.
    gc.collect()
    gc.freeze()


def _listen_error(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is taken by another program, perhaps another linkassist. "
            "Name another with --port, or 0 for any that is free."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} of {host} is not for every user. Name one above 1023 with --port."
    return f"{host}, port {port}, cannot be listened on ({error.strerror}). Correct --host or --port."
