"""Commands of the command line that have sub-commands or long flags of their own; `run.py` puts them together."""
