"""The commissioning terminal: one process a terminal, which holds no truth and asks the station for everything."""
