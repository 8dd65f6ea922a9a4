"""Training of the neural avatar: the only part of the program that knows torch."""
