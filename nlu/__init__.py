"""The engine's own parts: pure cores for understanding a message, and thin Rasa shells around them."""
