"""A stand-in for the Telnyx API: an HTTP server with a simulated fleet of SIM cards behind it.

Run it with ``python -m sandbox``. It shares no code with the dashboard or its API client, so
that a misreading of the API in one of them shows up against the other.
"""
