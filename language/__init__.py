"""Pure text rules shared by the service and the engine. Standard library only, Python >= 3.10."""
