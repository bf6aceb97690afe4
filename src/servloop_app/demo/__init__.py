"""The sample organisation: made-up people, units and records to look around in, made by actions like any other."""
