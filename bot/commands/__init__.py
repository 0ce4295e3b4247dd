"""The commands of `yizhan` that come in groups, one module for each; bot/cli.py hangs them in."""
