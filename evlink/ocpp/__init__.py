"""Supervision: the station as an OCPP charge point."""
