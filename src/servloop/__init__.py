"""ServLoop, the library: pure functions for measuring, diagnosing and improving service quality.

The packages carry the names of the loop's stages. Tables go in, frozen results come out; nothing here
knows a web framework, a clock or a network.
"""

__version__ = "0.1.0"
