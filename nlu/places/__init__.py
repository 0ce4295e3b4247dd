"""Places in a message: found, typed and linked to the city's official list. Pure."""

from nlu.places.find import find
from nlu.places.gazetteer import Gazetteer
from nlu.places.mention import Candidate, PlaceMention

__all__ = ["Candidate", "Gazetteer", "PlaceMention", "find"]
