"""The screen as a web page: textual-serve runs it once for each page that is open; a token keeps others out."""

from __future__ import annotations

import hmac
import shlex
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from textual_serve.server import Server

POLICY = "default-src 'self' 'unsafe-inline' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'"
"""Nothing is loaded from elsewhere: textual-serve's page asks for a font."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page(Server):
    """Serves the screen of one run to whoever knows the token: in the address at first, then as a cookie."""

    def __init__(self, directory: Path, host: str, port: int, token: str, readonly: bool) -> None:
        command = [sys.executable, "-m", "tuimon.verbs.served", str(directory.absolute())]
        super().__init__(
            shlex.join(command + (["--readonly"] if readonly else [])), host, port, title=f"tuimon {directory.name}"
        )
        self.token = token
        self.cookie = f"tuimon-{port}"

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
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.query.get("token", request.cookies.get(self.cookie, ""))
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise web.HTTPForbidden(text="the address that `tuimon serve` printed holds a token; this one does not\n")
        self.public_url = f"{request.scheme}://{request.host}"  # as the browser sees it, through a tunnel too
        response = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = POLICY
            response.headers["Referrer-Policy"] = "no-referrer"
            if "token" in request.query:
                response.set_cookie(self.cookie, self.token, httponly=True, samesite="Strict")
        return response


def serve(directory: Path, host: str, port: int, token: str, readonly: bool) -> None:
    """Until ctrl-c. Raises OSError where the port is taken."""
    Page(directory, host, port, token, readonly).serve()
