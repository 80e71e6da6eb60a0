"""The station-side test cases of OCPP 1.6, by their numbers, against a real station and a real central system."""
