"""The machine under the station: network, clock, discovery; each behind a small port with a real adapter."""
