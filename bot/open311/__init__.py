"""The wire of GeoReport v2, read with patience: shared by the client (bot/forwarding) and by `yizhan open311 check`.

It knows nothing of tickets or profiles. The case desk does not use it, so that the two cannot share a mistake.
"""
