"""A real OpenSSH server on loopback, of this user's own, with keys and a configuration that nobody else has."""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import Tuimon, wait_for

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")


class Sshd:
    """Whoever logs in finds tuimon's state where the test has it."""

    def __init__(self, tuimon: Tuimon) -> None:
        if SSHD is None or shutil.which("ssh") is None:
            pytest.skip("OpenSSH's sshd and ssh are not installed here")
        self._path = tuimon.path / "ssh"
        self._path.mkdir(mode=0o700)
        self._tuimon = tuimon
        self.port = _free_port()
        for key in ("host", "user"):
            generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self._path / key)]
            subprocess.run(generate, check=True, timeout=60)
        self.let_in(True)
        self._write_config()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self._log = (self._path / "log").open("wb")
        self.start()
        tried = subprocess.run([*self.ssh, self.user_at_host, "true"], capture_output=True, text=True, timeout=120)
        if tried.returncode != 0:
            self.close()
            pytest.skip(f"nobody can log in here by ssh: {tried.stderr.strip()[-200:]}")

    @property
    def user_at_host(self) -> str:
        return f"{getpass.getuser()}@127.0.0.1"

    @property
    def ssh(self) -> list[str]:
        known = self._path / "known"
        options = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={known}", "IdentitiesOnly=yes", "LogLevel=ERROR"]
        return [
            *("ssh", "-F", "none", "-p", str(self.port), "-i", str(self._path / "user")),
            *(word for option in options for word in ("-o", option)),
        ]

    @property
    def options(self) -> list[str]:
        """Of `tuimon attach`, to come in here."""
        return ["--ssh", shlex.join(self.ssh), "--remote-tuimon", f"{sys.executable} -m tuimon"]

    def start(self) -> None:
        """Listen; also again, after `stop`."""
        assert SSHD is not None
        command = [SSHD, "-D", "-e", "-f", str(self._path / "config")]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, start_new_session=True)
        wait_for(lambda: _listens(self.port) or self._process.poll() is not None, "sshd to listen")

    def stop(self) -> None:
        """Nobody comes in any more; who is in stays."""
        self._process.kill()
        self._process.wait()

    def let_in(self, whether: bool) -> None:
        """Whether the user's key opens the door, for whoever comes next."""
        known = (self._path / "user.pub").read_bytes()
        (self._path / "authorized").write_bytes(known if whether else b"")

    def sessions(self) -> list[int]:
        """Processes of sshd that serve somebody who is in."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(child) for child in children.read_text().split()]

    def drop(self) -> None:
        """Every connection that is left breaks at once, as when the network does."""
        for session in self.sessions():
            for each in [session, *_below(session)]:
                if "sshd" in _name(each):
                    with contextlib.suppress(ProcessLookupError):  # it has just ended
                        os.kill(each, signal.SIGKILL)

    def close(self) -> None:
        if self._process.poll() is None:
            for session in self.sessions():
                os.kill(session, signal.SIGTERM)
            self.stop()
        self._log.close()

    def _write_config(self) -> None:
        variables = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "TF_CPP_MIN_LOG_LEVEL")
        settings = [f'"{name}={self._tuimon.environment[name]}"' for name in variables]
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self._path}/host",
            f"AuthorizedKeysFile {self._path}/authorized",
            "PidFile none",
            "UsePAM no",
            "StrictModes no",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "PrintMotd no",
            f"SetEnv {' '.join(settings)}",
        ]
        (self._path / "config").write_text("\n".join(lines) + "\n")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _below(pid: int) -> list[int]:
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*children, *(each for child in children for each in _below(child))]


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""
