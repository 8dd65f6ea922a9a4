"""What a trigger can do in the world: OBS, lights, messages, keys, sounds. Each a real client behind one contract (`base`)."""
