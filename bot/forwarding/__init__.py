"""Tickets outward: from the outbox to the city's case system."""
