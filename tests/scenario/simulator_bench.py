"""The simulator as a process, and a control on its socket, in a test's hand."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import evlink
from evlink.hardware import board, facts, simclient

ROOT = Path(evlink.__file__).parents[1]


ARGV = (sys.executable, "-m", "evlink.hardware.simulator")


@contextmanager
def simulator(state: Path, *options: str, outlets: int = 2) -> Iterator[subprocess.Popen[str]]:
    """A simulator process that is up, and is gone afterwards."""
    facts.write(state / facts.FILE, facts.preset("parking", outlets, 3))
    with subprocess.Popen([*ARGV, "--state", str(state), *options], cwd=ROOT, stderr=subprocess.PIPE, text=True) as one:
        try:
            wait_for(lambda: is_up(state) or one.poll() is not None)
            assert one.poll() is None, one.stderr and one.stderr.read()
            yield one
        finally:
            one.kill()


def is_up(state: Path) -> bool:
    """Whether a simulator answers."""
    with suppress(simclient.SimulatorError):
        return bool(simclient.call(state, "state"))
    return False


def wait_for(happens: Callable[[], bool], timeout_s: float = 20) -> None:
    """Wait until something happens; fails where it does not."""
    end = time.monotonic() + timeout_s
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


class Control:
    """A control that closes its contactors and offers 32 A, from a thread, as long as it is told to answer."""

    def __init__(self, state: Path, outlets: int = 2) -> None:
        self.link = board.connect(state)
        self.answers = True
        self.lock = False
        self.blocks = 0
        self.gaps = 0
        self.last = dict.fromkeys(range(1, outlets + 1), board.BlockHeader(0, 0))
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def _receive(self) -> bytes:
        try:
            return self.link.recv(65_536)
        except ConnectionResetError:
            return b""  # a killed board

    def _live(self) -> None:
        while message := self._receive():
            header = board.unpack_block(message).header
            before = self.last[header.outlet].sequence
            self.gaps += before != 0 and header.sequence != before + 1
            self.blocks += 1
            if self.answers:
                answer = board.Outputs(header.outlet, header.sequence, True, 5333, lock=self.lock)
                try:
                    self.link.send(answer.pack())
                except OSError:
                    return
            self.last[header.outlet] = header

    def feedback(self, outlet: int = 1) -> bool:
        """Whether the contactor of an outlet is seen closed."""
        return bool(self.last[outlet].feedback & board.FEEDBACK_CONTACTOR)

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self.link.close()

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
