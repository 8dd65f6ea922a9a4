"""Words and flags of the commands whose work is done in `export`. `run.py` hangs them into the command line."""
