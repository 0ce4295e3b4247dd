"""Text of a message: split into problems."""
