"""Modbus: the meters that the station reads, and the server that building managers read."""
