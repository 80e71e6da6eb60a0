"""An EV charging station: control core, runtime and the borders they share."""

__version__ = "0.1.0"
