"""The station's own rules run in virtual time against cars and houses on paper: `evlink simulate`."""
