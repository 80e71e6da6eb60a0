"""OCPP 1.5 over SOAP 1.2: the station's client, its server, and the XML between them."""
