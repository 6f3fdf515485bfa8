"""A demonstration of the whole: simulated people answer over the real channels."""
