"""The screen as a web page: who has the token sees the run, and nobody else anything."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.recorded import Story, recorded
from tuimon.journal import Journal
from tuimon.runs import RunDirectory, Summary

aiohttp = pytest.importorskip("aiohttp")
pytest.importorskip("textual_serve")

PATIENCE = 120.0


@pytest.fixture
def address(tmp_path: Path, unused_tcp_port: int) -> Iterator[str]:
    """Where a server says that the page of a recorded run is."""
    directory = RunDirectory(tmp_path / "20260101-000000-aaaa")
    directory.path.mkdir()
    directory.write(Summary(id=directory.id, host="elsewhere"))
    journal = Journal(directory.path)
    for event in recorded(Story()):
        journal.append(event)
    command = [sys.executable, "-m", "tuimon", "serve", "--log-dir", str(tmp_path), "--port", str(unused_tcp_port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        said = re.search(r"http://\S+", server.stdout.readline())
        assert said is not None
        yield said[0]
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=PATIENCE)


async def test_with_the_token_the_screen_is_there_and_takes_keys(address: str) -> None:
    base = address.partition("?")[0]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(address) as page:
            assert page.status == 200
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        async with session.ws_connect(f"{base}ws?width=100&height=30") as socket:
            seen = b""

            async def until(said: bytes) -> None:
                nonlocal seen
                while said not in seen:
                    message = await asyncio.wait_for(socket.receive(), PATIENCE)
                    assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), seen
                    seen += message.data if isinstance(message.data, bytes) else message.data.encode()

            await until(b"mnist-cnn")
            await socket.send_json(["stdin", "?"])
            await until(b"the training goes on")


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
