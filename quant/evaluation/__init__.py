"""How the engine is measured: real lungs and phantoms with disease of exactly known extent, and a table of targets.

Nothing here may be known to what is measured: neither the engine nor the training of its networks imports this package.
"""
