"""The screen as a web page: textual-serve runs it once for each page that is open; a token keeps others out.

Whoever is let in must know the token, must call the server by a name that is its own, and must not be sent by another
site's page: a browser sends cookies to every port of a machine, whichever page asks for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ipaddress
import json
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.server import Server

import tuimon

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self' 'unsafe-inline' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Nothing is loaded from elsewhere (textual-serve's page asks for a font), and nobody else loads anything from here."""

MOST_PAGES = 8
"""Pages that may be open at once: each is a process of 40 MiB."""

LONGEST_MESSAGE = 1 << 18
"""Bytes of one message of a page: keys, and what is pasted."""

LARGEST_SCREEN = 1000
"""Columns or rows."""

PATIENCE = 10.0
"""Seconds in which the screen of a page that was closed ends by itself."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")

SERVED = "import sys; sys.path[0] = sys.argv.pop(1); from tuimon.verbs.served import main; main()"
"""Imports nothing from the directory that the user is in, unlike `-m`."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page(Server):
    """Serves the screen of one run to whoever knows the token: in the address at first, then as a cookie."""

    def __init__(self, directory: Path, host: str, port: int, token: str, readonly: bool) -> None:
        root = Path(tuimon.__file__).parent.parent
        command = [sys.executable, "-c", SERVED, str(root), str(directory.absolute())]
        super().__init__(
            "exec " + shlex.join(command + (["--readonly"] if readonly else [])),
            host,
            port,
            title=f"tuimon {directory.name}",
        )
        self.token = token
        self.cookie = f"tuimon-{secrets.token_hex(4)}"  # cookies do not know ports: another server's is another one
        self._open_pages = 0
        self._everywhere = host in ("", "0.0.0.0", "::")
        own = (socket.gethostname(), socket.getfqdn()) if self._everywhere else (host,)
        self._names = {*LOOPBACK, *(name.lower() for name in own)}

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?token={self.token}"

    async def on_startup(self, app: web.Application) -> None:
        """Says nothing yet: nobody listens before it has ended."""

    def serve(self, debug: bool = False) -> None:
        """Until ctrl-c. No request is logged: addresses hold the token."""
        web.run_app(
            self._make_app(), host=self.host, port=self.port, access_log=None, print=lambda *_: self._say_where()
        )

    def _say_where(self) -> None:
        print(f"the screen is at {self.address}\nctrl-c ends the page, not the run", flush=True)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guarded)
        app.on_response_prepare.append(_add_headers)
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._check(request)
        self.public_url = f"{request.scheme}://{request.host}"  # as the browser sees it, through a tunnel too
        response = await handler(request)
        if not response.prepared and "token" in request.query:
            response.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict", path="/")
        return response

    def _check(self, request: web.Request) -> None:
        """Raises the answer to who is not let in."""
        if not self._is_own_name(request.headers.get("Host", "")):
            raise web.HTTPForbidden(
                text="this server has another name: give `tuimon serve` the name in the address as --host, or use "
                "its number\n"
            )
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site", "none")
        goes_there = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.path == "/"
        host = request.host.lower()
        if origin is not None and origin.lower() not in (f"http://{host}", f"https://{host}"):
            raise web.HTTPForbidden(text="a page of another site may not open this one\n")
        if site not in ("none", "same-origin") and not goes_there:
            raise web.HTTPForbidden(text="a page of another site may not open this one\n")
        given = request.query.get("token", request.cookies.get(self.cookie, ""))
        if not hmac.compare_digest(given.encode(errors="replace"), self.token.encode()):
            raise web.HTTPForbidden(text="the address that `tuimon serve` printed holds a token; this one does not\n")

    def _is_own_name(self, host: str) -> bool:
        """Whether the `Host` of a request is this server, whatever the port: a tunnel has one of its own.

        A site that gives its own name this machine's address (DNS rebinding) is not. A number cannot be given away.
        """
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self._names or (self._everywhere and _is_number(name))

    async def handle_download(self, request: web.Request) -> web.StreamResponse:
        """The screen hands out no files."""
        raise web.HTTPNotFound

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One page: what its screen draws goes there, what it types comes here."""
        if self._open_pages >= MOST_PAGES:
            raise web.HTTPServiceUnavailable(text=f"{MOST_PAGES} pages are open already: close one\n")
        self._open_pages += 1
        try:
            page = web.WebSocketResponse(heartbeat=15, max_msg_size=LONGEST_MESSAGE)
            await page.prepare(request)

            async def closed() -> None:
                await page.close()

            screen = AppService(
                self.command,
                write_bytes=page.send_bytes,
                write_str=page.send_str,
                close=closed,
                download_manager=self.download_manager,
            )
            await screen.start(_cells(request.query.get("width"), 80), _cells(request.query.get("height"), 24))
            try:
                await self._carry(page, screen)
            finally:
                await _end(screen)
            await page.close()
            return page
        finally:
            self._open_pages -= 1

    async def _carry(self, page: web.WebSocketResponse, screen: AppService) -> None:
        """What comes from the page, until it is closed or says something that no page of ours does."""
        async for message in page:
            if message.type == WSMsgType.TEXT:
                try:
                    what, *about = json.loads(message.data)
                    await _hand_on(what, about[0] if about else None, page, screen)
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    await page.close(code=1003)
                    return


async def _hand_on(what: Any, about: Any, page: web.WebSocketResponse, screen: AppService) -> None:
    if what == "stdin":
        await screen.send_bytes(about.encode("utf-8", "replace"))
    elif what == "resize":
        await screen.set_terminal_size(_cells(about["width"], 80), _cells(about["height"], 24))
    elif what == "ping":
        await page.send_json(["pong", about])
    elif what == "blur":
        await screen.blur()
    elif what == "focus":
        await screen.focus()


async def _end(screen: AppService) -> None:
    """It is asked to end, and ended where it does not."""
    try:
        await asyncio.wait_for(screen.stop(), PATIENCE)
    except asyncio.TimeoutError:
        process = screen._process
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _cells(given: Any, default: int) -> int:
    try:
        return min(max(1, int(given)), LARGEST_SCREEN)
    except (TypeError, ValueError, OverflowError):
        return default


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def serve(directory: Path, host: str, port: int, token: str, readonly: bool) -> None:
    """Until ctrl-c. Raises OSError where the port is taken."""
    Page(directory, host, port, token, readonly).serve()
