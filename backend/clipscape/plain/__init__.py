"""The same problems and rules once more, as one would write them on a board: one run, one step, numpy alone.

These functions are what an exported script consists of: their source is printed into it, so they use nothing but numpy
(`np`), each other's `norm`, and what they receive. The engine's own versions work on many rows at once and save every
allocation; a test runs every script and compares each step with the engine, so the two cannot drift apart.

A landscape has a loss and a gradient, both of (x, y). A rule, an optimizer, a noise or a decay is a function that takes
its parameters and returns what is to be done at a step; what must be remembered lives in between.
"""
