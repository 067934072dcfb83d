"""Webhooks of the sandbox: its own invention, for clients that want to see some.

The real API documents no event of SIM cards, so every type of event here begins with ``sandbox.``
and none must be taken for one of the real API. Envelope, signature, the limit of two seconds and
the repeats are as the real API has them for its other products (behaviour).
"""
