"""The plant of the simulator board in a test's hand, and what is measured of its samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from evlink.hardware import board
from evlink.hardware._simulator import Simulator
from evlink.hardware.simactions import CABLES, FAULTS

Samples = npt.NDArray[np.int16]


class Bench:
    """A plant and what commands it: `run` answers each block with the outputs set here."""

    def __init__(self, outlets: int = 1, phases: int = 3, attached_a: tuple[float, float] = (0, 0)) -> None:
        self.plant = Simulator(outlets, phases, attached_a)
        self.contactor = self.lock = False
        self.pilot_on = True
        self.duty = board.DUTY_CONSTANT
        self.beeps = 0
        self.header = board.BlockHeader(0, 0)

    def blocks(self, count: int, outlet: int = 1) -> Iterator[tuple[board.BlockHeader, Samples]]:
        """The next blocks, 10 ms each."""
        for _ in range(count):
            outputs = board.Outputs(
                outlet, self.header.sequence, self.contactor, self.duty, self.pilot_on, self.lock, 0, self.beeps
            )
            block = board.unpack_block(self.plant.step(outlet, outputs.pack()))
            self.header = block.header
            yield block.header, np.frombuffer(block.samples, np.int16).reshape(-1, 4)

    def run(self, ms: int) -> Samples:
        """Let time pass; the samples of the last two blocks, a period of the mains."""
        return np.concatenate([samples for _, samples in list(self.blocks(ms // 10))[-2:]])

    def plug(self, cable: int = 32, phases: int = 3, amps: float = 32, ventilation: bool = False) -> None:
        """Plug a vehicle in that is ready to charge."""
        assert self.plant.plug(1, cable, CABLES[cable], phases, amps, ventilation)
        assert self.plant.ready(1, True)

    def charge(self, duty: int = 5333, **vehicle: float) -> Samples:
        """A vehicle plugged in, ready and drawing."""
        self.plug(**vehicle)  # type: ignore[arg-type]
        self.duty = duty
        self.contactor = True
        return self.run(5000)

    def fault(self, name: str, on: bool = True) -> None:
        """Set or clear a fault by its name."""
        self.plant.fault(1, FAULTS[name], on)


def plateaus(samples: Samples) -> tuple[float, float]:
    """The pilot's high and low plateau in volts; the same twice while it is constant."""
    pilot = samples[:, 0] / 1000
    middle = (pilot.max() + pilot.min()) / 2
    if pilot.max() - pilot.min() < 1:
        return float(np.median(pilot)), float(np.median(pilot))
    return float(np.median(pilot[pilot > middle])), float(np.median(pilot[pilot <= middle]))


def rms(samples: Samples) -> list[float]:
    """RMS of the three phases in amperes over whole periods of the mains."""
    return [float(value) for value in np.sqrt(np.mean(np.square(samples[:, 1:] / 100.0), axis=0))]


def travel(bench: Bench, bit: int) -> int:
    """Blocks until a feedback bit changes."""
    before = bench.header.feedback & bit
    for count, (header, _) in enumerate(bench.blocks(100), 1):
        if header.feedback & bit != before:
            return count
    raise AssertionError("the feedback does not change")


def domestic(sockets: int) -> Bench:
    """An outlet with a domestic socket (2), or with both (3)."""
    bench = Bench()
    bench.plant = Simulator(1, 3, sockets=(sockets, 1))
    return bench
