"""The shell: the processes' wiring, the loop, the bus, the socket."""
