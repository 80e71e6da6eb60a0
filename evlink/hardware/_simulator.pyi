"""The simulator board: the plant of each outlet, and the loop that serves `board.sock` without the GIL."""

from typing import TypedDict

class PlantState(TypedDict):
    """One consistent picture of an outlet: amperes, millivolts, ohms, hundredths of a percent, watt-hours."""

    contactor: bool  # commanded
    contactor_feedback: bool
    lock: bool  # commanded
    lock_feedback: bool
    duty: int
    pilot_on: bool
    high_mv: float
    low_mv: float
    plugged: bool
    away: bool  # the vehicle's end is pulled
    attached: bool
    cable_a: float
    plug_ohm: int
    phases: int
    wish_a: float
    ventilation: bool
    ready: bool
    s2: bool
    amps: float
    energy_wh: float
    load_plugged: bool  # a domestic plug, without pilot
    load_on: bool
    load_a: float
    load_amps: float
    inputs: int
    faults: int
    light: int
    beeps: int
    dead_man: bool
    connected: bool
    blocks: int
    sent: int
    answered: int
    last_answer: int
    drops: int
    refused: int
    frames: int

class Simulator:
    """The plants of a station's outlets and the loop that shows them to control.

    `attached_a`: rating of an attached cable in amperes an outlet, 0 for a socket outlet. `sockets`: what an outlet
    has, 1 a Mode 3 socket or cable, 2 a domestic socket, 3 both behind one contactor.
    Outlets are numbered from 1; a number outside raises ValueError.
    """

    def __init__(
        self,
        outlets: int = 1,
        phases: int = 3,
        attached_a: tuple[float, float] = (0, 0),
        speed: float = 1.0,
        seed: int = 1,
        sockets: tuple[int, int] = (1, 1),
    ) -> None: ...
    @property
    def outlets(self) -> int: ...
    def serve(self, server: int, linger_s: float = 10.0) -> int: ...
    def stop(self) -> None: ...
    def step(self, outlet: int, outputs: bytes | None = None) -> bytes: ...
    def plug(
        self,
        outlet: int,
        cable_a: int,
        ohm: int,
        phases: int,
        wish_a: float,
        ventilation: bool,
        simplified: bool = False,
    ) -> bool: ...
    def plug_load(self, outlet: int, wish_a: float) -> bool: ...
    def unplug(self, outlet: int, at_vehicle: bool = False) -> int: ...
    def ready(self, outlet: int, on: bool) -> bool: ...
    def draw(self, outlet: int, wish_a: float) -> bool: ...
    def press(self, outlet: int, start: bool) -> None: ...
    def input(self, outlet: int, number: int, on: bool) -> None: ...
    def fault(self, outlet: int, bit: int, on: bool) -> None: ...
    def state(self, outlet: int) -> PlantState: ...
