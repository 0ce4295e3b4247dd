"""Signed JSON events by Standard Webhooks, for case systems without GeoReport v2."""
