"""What happens: outlets, sessions, authorisation, limits and faults, as pure functions of events."""
