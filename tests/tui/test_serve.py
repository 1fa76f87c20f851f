"""The screen as a web page: who has the token sees the run, and nobody else anything."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.tui.recorded import Story, recorded
from tuimon.journal import Journal
from tuimon.runs import RunDirectory, Summary

aiohttp = pytest.importorskip("aiohttp")
pytest.importorskip("textual_serve")

from tuimon.tui.web import LONGEST_MESSAGE, MOST_PAGES, Page  # noqa: E402 - needs both

PATIENCE = 120.0


@contextlib.contextmanager
def serving(where: Path, port: int, *options: str, cwd: Path | None = None) -> Iterator[tuple[str, int]]:
    """Where a server says that the page of a recorded run is, and its process id."""
    directory = RunDirectory(where / "20260101-000000-aaaa")
    directory.path.mkdir()
    directory.write(Summary(id=directory.id, host="elsewhere"))
    journal = Journal(directory.path)
    for event in recorded(Story()):
        journal.append(event)
    start = "import sys; sys.path.remove(''); from tuimon.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", start, "serve", "--log-dir", str(where), "--port", str(port), *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=cwd)
    assert server.stdout is not None
    try:
        said = re.search(r"http://\S+", server.stdout.readline())
        assert said is not None
        yield said[0], server.pid
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=PATIENCE)


@pytest.fixture
def address(tmp_path: Path, unused_tcp_port: int) -> Iterator[str]:
    with serving(tmp_path, unused_tcp_port) as (said, _):
        yield said


async def test_with_the_token_the_screen_is_there_and_takes_keys(address: str) -> None:
    base = address.partition("?")[0]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(address) as page:
            assert page.status == 200
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        async with session.ws_connect(f"{base}ws?width=100&height=30") as connected:
            seen = b""

            async def until(said: bytes) -> None:
                nonlocal seen
                while said not in seen:
                    message = await asyncio.wait_for(connected.receive(), PATIENCE)
                    assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), seen
                    seen += message.data if isinstance(message.data, bytes) else message.data.encode()

            await until(b"mnist-cnn")
            await connected.send_json(["stdin", "?"])
            await until(b"the training goes on")


def headers(**given: str) -> dict[str, str]:
    """Of a request, by names with underscores."""
    return {name.replace("_", "-"): value for name, value in given.items()}


async def status(address: str, path: str = "", **given: str) -> int:
    """What somebody gets who knows the token."""
    base, _, token = address.partition("?")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{base}{path}?{token}", headers=headers(**given)) as page,
    ):
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        return int(page.status)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 200), ("localhost:1234", 200), ("127.0.0.1:9", 200), ("[::1]:9", 200), ("LOCALHOST", 200),
        ("evil.example", 403), ("evil.example:8517", 403), ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.168.1.1", 403), ("[", 403), ("a@localhost@b", 403),
    ],
)  # fmt: skip
async def test_a_name_that_is_not_the_servers_is_refused(address: str, host: str, expected: int) -> None:
    assert await status(address, Host=host) == expected


@pytest.mark.parametrize("path", ["", "static/js/textual.js"])
async def test_a_page_of_another_site_gets_nothing(address: str, path: str) -> None:
    own = address.partition("/?")[0]
    port = int(own.rpartition(":")[2])
    assert await status(address, path, Origin=own) == 200
    for origin in ("http://evil.example", f"http://localhost:{port + 1}", "null", f"{own}.evil.example", "http://["):
        assert await status(address, path, Origin=origin) == 403, origin
    assert await status(address, path, Sec_Fetch_Site="same-site", Sec_Fetch_Mode="no-cors") == 403
    assert await status(address, path, Sec_Fetch_Site="same-origin") == 200
    link = await status(address, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")
    assert link == (403 if path else 200), "a link with the token is the way in"


async def test_a_page_of_another_site_gets_no_socket_even_with_the_cookie(address: str) -> None:
    base = address.partition("?")[0]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(address) as page:
            (cookie,) = page.cookies.values()
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        for origin in ("http://evil.example", "http://localhost:1", "null"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{base}ws?width=80&height=24", headers={"Origin": origin})
            assert refused.value.status == 403
        async with session.ws_connect(
            f"{base}ws?width=80&height=24", headers={"Origin": base.rstrip("/")}
        ) as connected:
            assert (await asyncio.wait_for(connected.receive(), PATIENCE)).type == aiohttp.WSMsgType.BINARY
    async with aiohttp.ClientSession() as tunnelled:
        through = {"Host": "localhost:9", "Origin": "http://localhost:9"}
        async with tunnelled.ws_connect(f"{base}ws?{address.partition('?')[2]}", headers=through) as connected:
            assert (await asyncio.wait_for(connected.receive(), PATIENCE)).type == aiohttp.WSMsgType.BINARY


async def test_no_more_pages_than_the_machine_bears(address: str) -> None:
    base, _, token = address.partition("?")
    async with aiohttp.ClientSession() as session:
        opened = [await session.ws_connect(f"{base}ws?{token}") for _ in range(MOST_PAGES)]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{base}ws?{token}")
        assert refused.value.status == 503
        await opened.pop().close()

        async def again() -> bool:
            with contextlib.suppress(aiohttp.WSServerHandshakeError):
                opened.append(await session.ws_connect(f"{base}ws?{token}"))
            return len(opened) == MOST_PAGES

        deadline = time.monotonic() + PATIENCE
        while not await again():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.1)
        for connected in opened:
            await connected.close()


@pytest.mark.parametrize(
    "message",
    ["", "{", "7", "[]", '["stdin"]', '["stdin", 7]', '["resize", {"width": 7}]', "[" * 100_000,
     "x" * (LONGEST_MESSAGE + 1)],
)  # fmt: skip
async def test_a_message_that_no_page_sends_ends_the_page_and_not_the_server(address: str, message: str) -> None:
    base, _, token = address.partition("?")
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{base}ws?{token}&width=99999999&height=-1") as connected:
            await connected.send_str(message)
            while (each := await asyncio.wait_for(connected.receive(), PATIENCE)).type == aiohttp.WSMsgType.BINARY:
                pass
            assert each.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        assert await status(address) == 200


async def test_no_file_is_handed_out(address: str) -> None:
    assert await status(address, "download/key") == 404
    for path in ("static/%2e%2e/server.py", "static/..%2f..%2fserver.py", "static//etc/passwd"):
        assert await status(address, path) in (403, 404)


async def test_a_screen_that_only_looks_imports_nothing_from_where_the_user_is(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    odd = tmp_path / "odd"
    odd.mkdir()
    for name in ("textual.py", "tuimon.py", "json.py", "rich.py"):
        (odd / name).write_text("open('imported', 'w')")
    with serving(tmp_path, unused_tcp_port, "--readonly", cwd=odd) as (address, server):
        base, _, token = address.partition("?")
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{base}ws?{token}") as connected:
            assert (await asyncio.wait_for(connected.receive(), PATIENCE)).type == aiohttp.WSMsgType.BINARY
            (screen,) = psutil.Process(server).children(recursive=True)
            assert screen.cmdline()[-1] == "--readonly"
    assert not (odd / "imported").exists()
    assert "--readonly" not in Page(tmp_path, "localhost", 1, "token", readonly=False).command.split()


@pytest.mark.parametrize("path", ["", "?token=wrong", "ws?width=80&height=24", "static/js/textual.js"])
async def test_without_the_token_there_is_nothing(address: str, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(address.partition("?")[0] + path) as page:
        assert page.status == 403
        assert "token" in await page.text()


def test_without_textual_serve_it_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import importlib.util as util, sys; find = util.find_spec; "
        "util.find_spec = lambda name, *rest: None if name == 'textual_serve' else find(name, *rest); "
        "from tuimon.cli import main; sys.exit(main(['serve']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)

    assert done.returncode != 0
    assert "pip install 'tuimon[serve]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_bound_everywhere_the_machines_names_and_all_numbers_are_its_own(tmp_path: Path) -> None:
    everywhere = Page(tmp_path, "0.0.0.0", 1, "token", readonly=False)
    for host in (socket.gethostname(), "10.1.2.3:80", "[fe80::1]:80", "localhost"):
        assert everywhere._is_own_name(host), host
    for host in ("evil.example", "", ":80", "10.1.2.3.evil.example", "[", "[x]"):
        assert not everywhere._is_own_name(host), host
    named = Page(tmp_path, "node7.example", 1, "token", readonly=False)
    assert named._is_own_name("NODE7.example.:80")
    assert not named._is_own_name("10.1.2.3")
