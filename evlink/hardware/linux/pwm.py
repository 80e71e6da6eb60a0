"""The pilot's oscillator: one channel of a PWM chip in sysfs, 1 kHz (IEC 61851-1 table A.2).

Kernel documentation: Documentation/driver-api/pwm.rst, section "Using PWMs with the sysfs interface".
"""

from __future__ import annotations

from pathlib import Path

from evlink.hardware.board import DUTY_CONSTANT
from evlink.hardware.linux.description import Pwm
from evlink.hardware.linux.sysfs import export, read, wait_writable, write

PERIOD_NS = 1_000_000


class PilotPwm:
    """A 1 kHz output whose duty is set in hundredths of a percent; 100 % is constant +12 V, 0 % constant -12 V."""

    def __init__(self, root: Path, pwm: Pwm) -> None:
        """Export and set up the channel at 100 %. HardwareError where it is not there or refuses."""
        chip = root / "sys/class/pwm" / pwm.chip
        self._path = export(chip, pwm.channel, f"pwm{pwm.channel}")
        for name in ("enable", "period", "duty_cycle"):
            wait_writable(self._path / name)
        # What a dead board left may run with another period or polarity, and a duty above the new period is refused.
        if read(self._path / "enable") != "0":
            write(self._path / "enable", 0)
        if read(self._path / "duty_cycle") != "0":
            write(self._path / "duty_cycle", 0)
        write(self._path / "period", PERIOD_NS)
        polarity = "inversed" if pwm.inversed else "normal"
        if (self._path / "polarity").exists() and read(self._path / "polarity") != polarity:
            write(self._path / "polarity", polarity)
        self._duty = -1
        self._on = False
        self.duty(DUTY_CONSTANT)
        self.run(True)

    def duty(self, hundredths: int) -> None:
        """Set the duty; written only where it changes. HardwareError where it is refused."""
        if hundredths != self._duty:
            write(self._path / "duty_cycle", PERIOD_NS // DUTY_CONSTANT * hundredths)
            self._duty = hundredths

    def run(self, on: bool) -> None:
        """Start or stop the oscillator; stopped, the pilot floats where the output stage lets it (state E)."""
        if on != self._on:
            write(self._path / "enable", int(on))
            self._on = on
