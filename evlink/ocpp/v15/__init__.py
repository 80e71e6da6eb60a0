"""OCPP 1.5: its messages as tables, and their translation from and to those of 1.6."""
