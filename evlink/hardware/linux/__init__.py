"""The board of a station on Linux: IIO capture, PWM, GPIO and watchdog, described by a TOML file (docs/hardware.md)."""
