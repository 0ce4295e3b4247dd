"""Deliveries under everything that can go wrong at once; `make chaos` is the long form."""
