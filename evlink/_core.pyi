"""The compiled control core: pilot, currents, energy, contactor, and the memory it shares with the station.

Everything below the Python doors runs without the GIL. Time is the sample count: 100 000 frames are one second.
Outlets are numbered from 1, as in the field. Currents are milliamperes (signed 32 bit), pilot voltages millivolts,
energy is milli-volt-ampere-seconds (`Frame.energy_mvas`; 1 Wh = 3 600 000).
"""

from typing import Any, Final, NamedTuple, TypeAlias

Buffer: TypeAlias = Any  # anything with a buffer; on Python 3.11 numpy's arrays declare none

RATE: Final[int]  # frames a second, 100 000
BLOCK: Final[int]  # frames a block, 1000 (10 ms)
LAYOUT_VERSION: Final[int]

# Pilot states, `Frame.pilot`. The low plateau at -12 V is told apart by `Frame.modulated`.
PILOT_UNKNOWN: Final[int]  # 0, no window yet
PILOT_A: Final[int]  # 1
PILOT_B: Final[int]  # 2
PILOT_C: Final[int]  # 3
PILOT_D: Final[int]  # 4
PILOT_E: Final[int]  # 5
PILOT_F: Final[int]  # 6

# Bits of `Frame.faults` and of FAULT_SET/FAULT_CLEARED events.
FAULT_PILOT: Final[int]  # out of its bands, no -12 V plateau, or not the duty or frequency commanded (Evt #17)
FAULT_DIODE: Final[int]  # diode missing; latched until A (Evt #17)
FAULT_SHORT: Final[int]  # pilot short to earth under a session (Evt #20)
FAULT_PLUG: Final[int]  # plug resistor in a gap or out of range (Evt #18)
FAULT_VENTILATION: Final[int]  # state D where ventilation is not allowed (Evt #22)
FAULT_CONTACTOR: Final[int]  # feedback differs from the command: welded or stuck (Evt #5)
FAULT_LOCK: Final[int]  # lock feedback differs from the command (Evt #4)
FAULT_OVERLOAD: Final[int]  # a tolerance/delay tier or the station overload tripped; latched until A (Evt #21)
FAULT_SHORT_CIRCUIT: Final[int]  # clipped current; latched until A (Evt #20)
FAULT_MEASUREMENT: Final[int]  # samples missing, stuck, of one sign, or through an open contactor (Evt #3)
FAULT_GAP: Final[int]  # blocks missing, or the board silent (Evt #3)
FAULT_UNPLUGGED: Final[int]  # vehicle or plug gone while the contactor was closed; latched until A settled (Evt #19)
FAULT_UPSTREAM: Final[int]  # a protection device's input not at its expected level; opens (Evt #11)
FAULT_SURGE: Final[int]  # surge arrester's input (Evt #6); this and the next two do not stop a charge
FAULT_INTRUSION: Final[int]  # anti-intrusion input (Evt #7)
FAULT_FLAP: Final[int]  # flap's input (Evt #10)

# Detail `b` of FAULT_SET where `a` is FAULT_CONTACTOR.
CONTACTOR_WELDED: Final[int]  # feedback closed though commanded open
CONTACTOR_NOT_CLOSED: Final[int]  # feedback open though commanded closed
CONTACTOR_CHATTER: Final[int]  # it would have closed for the seventh time within a minute

# `Frame.permit_state`.
PERMIT_NONE: Final[int]  # 0, none ever received, or withdrawn
PERMIT_LIVE: Final[int]  # 1
PERMIT_DEGRADED: Final[int]  # 2, older than 5 s: degraded set point
PERMIT_LAPSED: Final[int]  # 3, older than 60 s: stopped in order

# `CoreEvent.kind`.
EVENT_STATE: Final[int]  # a = old pilot state, b = new one
EVENT_CLOSED: Final[int]  # contactor commanded closed
EVENT_OPENED: Final[int]  # contactor commanded open; a = reason (OPEN_*)
EVENT_FAULT_SET: Final[int]  # a = fault bits; b = CONTACTOR_* for FAULT_CONTACTOR, else 0
EVENT_FAULT_CLEARED: Final[int]  # a = fault bits
EVENT_TRIP: Final[int]  # a = tier (TIER_*), b = phase 1..3, 0 for the station
EVENT_PERMIT: Final[int]  # a = old permit state, b = new one
EVENT_NOT_REALTIME: Final[int]  # a = errno of the refused call; b = 1 scheduler, 2 memory lock
EVENT_INPUTS: Final[int]  # a = old bits, b = new bits

# Why the contactor was opened.
OPEN_NO_PERMIT: Final[int]
OPEN_VEHICLE: Final[int]  # the vehicle left C/D
OPEN_FAULT: Final[int]
OPEN_UNDER_LOAD: Final[int]  # the vehicle ignored 100 % duty for 6 s (IEC 61851-1 table A.6, 10.2)
OPEN_LAPSED: Final[int]
OPEN_ORDER: Final[int]  # control is ending
OPEN_ENDED: Final[int]  # the current stayed low for so long that the charge has ended (simplified Mode 3, domestic)

TIER_LOW: Final[int]
TIER_MEDIUM: Final[int]
TIER_HIGH: Final[int]
TIER_STATION: Final[int]

# Bits of `inputs`.
INPUT_BUTTON_START: Final[int]  # I_1 BP-Start
INPUT_BUTTON_STOP: Final[int]  # I_3 BP-Stop (True = contact closed = not pressed, as on the live page)
INPUT_IN1: Final[int]
INPUT_IN2: Final[int]
INPUT_SURGE: Final[int]
INPUT_INTRUSION: Final[int]
INPUT_FLAP: Final[int]
INPUT_UPSTREAM: Final[int]
INPUT_BREAKER: Final[int]  # City's second protection device

# Bits of `feedback`.
FEEDBACK_CONTACTOR: Final[int]
FEEDBACK_LOCK: Final[int]

class Limits(NamedTuple):
    """Protection and calibration parameters, all from settings; every field is clamped by the core.

    Percent tolerances, seconds of delay (`internal.current_measurement.*`); milliamperes; millivolts.
    """

    low_tolerance: int = 10
    medium_tolerance: int = 25
    high_tolerance: int = 70
    low_delay_s: int = 1010
    medium_delay_s: int = 5
    high_delay_s: int = 1
    station_max_ma: int = 64_000
    station_tolerance: int = 18
    station_delay_s: int = 90
    noise_floor_ma: int = 500
    grace_ms: int = 6_000
    slope: int = 722
    offset_ma: int = 0
    voltage_mv: int = 230_000
    degraded_single_ma: int = 8_000
    degraded_three_ma: int = 14_000
    rating_ma: int = 32_000
    leaky: bool = True  # False: the time over a tier's threshold is lost at once below it
    simplified_allowed: bool = True  # simplifiedMode3; False: a vehicle that shows no B gets no current
    simplified_max_ma: int = 10_000  # SM3MaxCurrent
    simplified_low_ma: int = 1_000  # SM3CurrentLowThreshold
    simplified_stop_s: int = 3_600  # SM3StopDelay; 0 = never ended by current
    wake_up_s: int = 30  # evChargeTimeout: in B2 without C, until the wake-up (A.5.3); 0 = no wake-up
    pwm_off_delay_s: int = 0  # statePDelayPwmOff: the offer stands so long after the limit went to 0
    pwm_on_delay_s: int = 3  # statePDelayPwmOn: a limit must be back for so long before PWM is offered again
    domestic_max_ma: int = 14_000  # maxTEValue
    domestic_end_s: int = 60  # schukoWithNoDetectionEndOfCharge, taken as seconds; 0 = never ended by current
    inputs_expected: int = 0  # INPUT_* levels that are in order (diStatusExpected)
    inputs_enabled: int = 0x1F0  # INPUT_* that are supervised (diStatusEnable)

class Permit(NamedTuple):
    """What the station allows an outlet, granted every second and valid 5 s (`design`: the lease).

    `authorised` False is an order to stop: 100 % duty, the vehicle opens, the contactor opens.
    `available` False drives the pilot to F. `limit_ma` below 6 A (or 0) suspends: 100 % duty, session kept.
    `domestic` is a charge on the domestic socket: no pilot, no plug resistor, closed as soon as it is authorised and
    the lock is as commanded, unless a vehicle stands on the pilot.
    """

    authorised: bool = False
    limit_ma: int = 0
    ventilation: bool = False
    available: bool = True
    lock: bool = False
    attached_cable: bool = False
    light: int = 0
    beep: int = 0
    limits: Limits = ...
    domestic: bool = False

class Frame(NamedTuple):
    """One consistent picture of an outlet, as published after each block."""

    samples: int  # frames since the core started, the core's clock
    blocks: int
    pilot: int
    modulated: bool
    high_mv: int
    low_mv: int
    duty_measured: int  # hundredths of a percent
    frequency: int  # hertz
    duty: int  # commanded, hundredths of a percent; 10000 = constant +12 V, 0 = constant -12 V
    contactor: bool  # commanded
    contactor_feedback: bool
    lock: bool  # commanded
    lock_feedback: bool
    inputs: int
    plug_ohm: int  # -1 = open
    cable_ma: int  # 0 = no cable; 13000, 20000, 32000, 63000 (70000 single phase is the domain's affair)
    current_ma: tuple[int, int, int]  # RMS a phase
    energy_mvas: int  # milli-volt-ampere-seconds since the core started: the sum of the phases, never falls
    phases_used: int  # phases that carry current: 0, 1, 2, 3
    limit_ma: int  # limit in force on the pilot (after degrading), 0 = none
    permit_state: int
    permit_sequence: int  # of the last permit read; 0 = none yet
    faults: int
    simplified: bool  # A -> C without B
    ready_since: int  # samples at which the present state began
    glitches: int
    overruns: int
    realtime: bool
    clamped: int = 0  # fields of permits that were out of range and forced into it
    energy_phase_mvas: tuple[int, int, int] = (0, 0, 0)  # each exact, rounded down to the unit
    phases_mask: int = 0  # bits of the phases in use: from 1 A on, until below 0.7 A
    high_stats: tuple[int, int, int] = (0, 0, 0)  # least, mean, most mV of the upper plateau in 100 ms, without edges
    low_stats: tuple[int, int, int] = (0, 0, 0)  # of the lower one; zeros where a plateau was not seen
    transitions: tuple[tuple[int, int, int], ...] = ()  # (samples, old, new) of the last 16, oldest first
    refused: bool = False  # simplified Mode 3 where it is not allowed
    ended: bool = False  # the current ended the charge (OPEN_ENDED); until unplugged, or deauthorised if domestic
    waking: bool = False  # the wake-up step is on: pilot at F, the vehicle not to be seen, `pilot` stays B
    inputs_wrong: int = 0  # supervised inputs that are not at their expected level, now
    guard_until: int = 0  # samples before which the contactor is not closed again
    closings: int = 0  # of the contactor since the core started

class CoreEvent(NamedTuple):
    """One numbered event; `number` counts from 1 without gaps in an outlet's ring of 1024."""

    number: int
    samples: int
    kind: int
    a: int
    b: int

class Latency(NamedTuple):
    """How late the live loop was since its memory was made; histograms of 32 buckets, k counts 2^k .. 2^(k+1)-1 ns.

    `served` is from a block's arrival (or its stamp, where the board gives one) to its outputs; `period` is how far
    two blocks of an outlet came from their nominal distance.
    """

    served: tuple[int, ...]
    period: tuple[int, ...]
    served_worst_ns: int
    period_worst_ns: int
    blocks: int
    overruns: int  # blocks that came more than 20 ms after the one before
    fed: int  # times that the hardware watchdog was fed

class Outputs(NamedTuple):
    """What the core commands the board after a block."""

    contactor: bool
    duty: int  # hundredths of a percent
    pilot_on: bool
    lock: bool
    light: int
    beep: int

def duty_from_ma(limit_ma: int) -> int:
    """Duty in hundredths of a percent that offers a current (IEC 61851-1 table A.8); 10000 below 6 A.

    Between 51 A and 52.5 A no duty is defined: 85.00 % (51 A) is offered, the lesser.
    """

def ma_from_duty(duty: int) -> int:
    """Current in milliamperes that a vehicle may draw at a duty in hundredths of a percent; 0 = no charging."""

def classify(high_mv: int, previous: int) -> int:
    """Pilot state from the positive plateau and the previous measurement's state (hysteresis bands); 0 = fault."""

def cable_from_ohm(ohm: int) -> int:
    """Cable rating in milliamperes from the plug resistor; 0 = none, -1 = in a gap or out of range."""

class Core:
    """The control step of a station's outlets, without a board: blocks in, decisions out."""

    def __init__(self, outlets: int = 1) -> None: ...
    def permit(self, outlet: int, permit: Permit) -> None:
        """Grant a permit; it counts from the samples fed so far. ValueError for an unknown outlet."""
    def feed(
        self, outlet: int, block: Buffer, *, plug_ohm: int = -1, inputs: int = 0, feedback: int = 0, lost: int = 0
    ) -> Outputs:
        """Feed int16 samples, shape (n, 4) C-contiguous: cp mV, i1, i2, i3 centiamperes. Returns the outputs.

        `lost` are channels (bits 0 to 3) without samples in this block: a measurement fault, whatever stands there.
        ValueError for an unknown outlet or another shape or type.
        """
    def missing(self, outlet: int, frames: int) -> None:
        """Tell the core that frames were lost before the next block, as the live loop does on a sequence gap."""
    def frame(self, outlet: int) -> Frame: ...
    def events(self, outlet: int, after: int = 0) -> list[CoreEvent]:
        """Events with a number above `after`, oldest first; at most the last 1024."""
    def scope(self, outlet: int) -> tuple[int, bytes] | None:
        """The last whole window's raw pilot: (samples at its end, 1000 int16 in millivolts); None before the first."""

class Pilot:
    """The pilot's plateaus and state alone, for benchmarks and studies: feed(block int16 (n,)) of one channel."""

    def feed(self, block: Buffer) -> int:
        """Feed int16 samples, millivolts, shape (n,), the pilot of interleaved frames too; returns the settled state.

        ValueError for another shape or type, or where samples run backward or stand still.
        """
    @property
    def measured(self) -> int:
        """State of the last window alone, before debouncing."""
    @property
    def high_mv(self) -> int: ...
    @property
    def low_mv(self) -> int: ...
    @property
    def duty(self) -> int:
        """Hundredths of a percent over the whole periods of the last window."""
    @property
    def frequency(self) -> int: ...
    @property
    def modulated(self) -> bool: ...
    @property
    def glitches(self) -> int: ...
    @property
    def high_stats(self) -> tuple[int, int, int]:
        """Least, mean and most millivolts of the upper plateau over the last 100 ms, without the edges."""
    @property
    def low_stats(self) -> tuple[int, int, int]: ...

class Protection:
    """Overcurrent tiers and energy of one phase at any interval, as the live loop computes them (for replay)."""

    def __init__(self, limits: Limits = ..., window_s: float = 6.0) -> None: ...
    def step(self, current_ma: int, limit_ma: int, dt_ms: int) -> int:
        """Advance by an interval; returns the tiers that tripped at this step as bits 1 << TIER_*, each once.

        Energy is the trapezoid between the last current and this one. ValueError for values below 0 or absurd.
        """
    def run(self, currents: Buffer, limits: Buffer, dt_ms: int | Buffer) -> list[tuple[int, int]]:
        """Step through a whole log: 64-bit integers, shape (n,); returns (row, bits) wherever a tier tripped.

        `dt_ms` is one interval for all rows or one a row. ValueError names the first row that is impossible, and
        then nothing was counted.
        """
    @property
    def energy_mvas(self) -> int: ...

def layout() -> str:
    """The shared memory's layout in words, every field named; its CRC-32 is the checksum in the header."""

class Shared:
    """`control.shm`: per outlet a permit (down), a frame and a ring of events (up), each under a seqlock."""

    @staticmethod
    def create(path: str, outlets: int) -> Shared:
        """Make or renew the file (0600). OSError where it can't."""
    @staticmethod
    def attach(path: str) -> Shared:
        """Open an existing file. ValueError in one sentence where magic, version, size or checksum differ."""
    @property
    def outlets(self) -> int: ...
    @property
    def generation(self) -> int:
        """Random number of the core that writes here: another one means that energy and samples began anew."""
    def grant(self, outlet: int, permit: Permit) -> int:
        """Write a permit; returns its sequence number."""
    def permit(self, outlet: int) -> tuple[int, Permit] | None:
        """The last permit written with its sequence number; None where no whole copy could be had."""
    def granted(self, outlet: int) -> int:
        """Sequence number of the last permit written; one that stands still means that no station is there."""
    def frame(self, outlet: int) -> Frame | None:
        """The newest whole frame; the last good one if none can be read cleanly; None before the first."""
    def events(self, outlet: int, after: int = 0) -> list[CoreEvent]: ...
    def scope(self, outlet: int) -> tuple[int, bytes] | None:
        """The last whole window's raw pilot: (samples at its end, 1000 int16 in millivolts); None if there is none."""
    def latency(self) -> Latency: ...
    def close(self) -> None: ...

def run(shm: Shared, board: int, outlets: int, realtime: bool = True, watchdog: int = -1) -> int:
    """Run the live loop on a connected board socket until it closes, a stop is asked for, or nobody wants it.

    `watchdog` is a descriptor that gets a byte once every outlet was served, at most each 100 ms; -1 = none.

    Returns 0 stopped by `request_stop`, 1 board gone, 2 no station for 10 s with contactors open. Releases the GIL.
    """

def request_stop() -> None:
    """Ask `run` to open the contactors and return; safe in a signal handler."""

def stop_requested() -> bool:
    """Whether a stop was asked for that no `run` has answered yet (`run` returning 0 consumes it)."""

def stop_on(signum: int) -> None:
    """Let a signal ask for the stop from C, since Python's own handlers cannot run while `run` holds the thread."""
