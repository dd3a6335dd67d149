"""The parts of the simulator: what is demanded, how it is ordered and supplied, random streams, the compiled walk, and what came out."""
