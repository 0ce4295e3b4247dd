"""Rasa's graph components: they register, create, loop and persist; decisions live in the pure modules of nlu/."""
