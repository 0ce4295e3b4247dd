"""GeoReport v2: `profile` says how a server differs, `words` translates, `wire` speaks HTTP, `backend` joins them."""
