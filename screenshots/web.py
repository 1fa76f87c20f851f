"""A picture of `tuimon serve` in a headless Chromium: `python -m screenshots.web`. Needs textual-serve and chromium."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

HERE = Path(__file__).parent
PORT, DEBUGGING = 8598, 9598
SIZE = "1280,860"


def recorded_run(where: Path) -> None:
    """A finished run as `tuimon run` would leave it."""
    run = where / "20260101-120000-0001"
    run.mkdir(parents=True)
    source = HERE / "runs" / "healthy"
    with gzip.open(source / "journal.jsonl.gz") as packed, (run / "journal.jsonl").open("wb") as journal:
        shutil.copyfileobj(packed, journal)
    for log in source.glob("*.log"):
        shutil.copy(log, run)
    summary = {"name": "healthy", "status": "finished", "started_at": 1.0, "ended_at": 2.0, "host": "elsewhere"}
    (run / "run.json").write_text(json.dumps(summary))


class Browser:
    """A page of a Chromium, by its debugging protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._asked = 0

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._asked += 1
        await self.socket.send_json({"id": self._asked, "method": method, "params": parameters})
        while True:
            said = await self.socket.receive_json()
            if said.get("id") == self._asked:
                return dict(said.get("result", {}))

    async def value(self, script: str) -> Any:
        return (await self.ask("Runtime.evaluate", expression=script))["result"].get("value")


async def picture(address: str, profile: str) -> bytes:
    """The page as PNG, once the screen has been drawn on it."""
    browser = await asyncio.create_subprocess_exec(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={SIZE}",
        f"--remote-debugging-port={DEBUGGING}", f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            for _ in range(200):
                try:
                    async with session.get(f"http://127.0.0.1:{DEBUGGING}/json") as answer:
                        pages = await answer.json()
                        break
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
            page = next(each for each in pages if each["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                shown = Browser(socket)
                await shown.ask("Page.navigate", url=address)
                for _ in range(300):
                    if "first-byte" in (await shown.value("document.body ? document.body.className : ''") or ""):
                        break
                    await asyncio.sleep(0.1)
                await asyncio.sleep(3.0)  # fades in
                return base64.b64decode((await shown.ask("Page.captureScreenshot"))["data"])
    finally:
        browser.terminate()
        await browser.wait()


async def main() -> None:
    with tempfile.TemporaryDirectory() as where, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        recorded_run(Path(where))
        command = [sys.executable, "-m", "tuimon", "serve", "--log-dir", where, "--port", str(PORT)]
        server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert server.stdout is not None
        try:
            address = re.search(rb"http://\S+", await server.stdout.readline())
            assert address is not None
            (HERE / "web.png").write_bytes(await picture(address[0].decode(), profile))
        finally:
            server.send_signal(signal.SIGINT)
            await server.communicate()


if __name__ == "__main__":
    asyncio.run(main())
