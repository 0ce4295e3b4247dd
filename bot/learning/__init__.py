"""The learning loop: trains candidates from people's decisions beside the running service, and swaps models without a pause."""
