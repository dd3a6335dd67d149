"""Recognition and typing: raw cells of any source -> `Tables`. First stage; knows no file, only grids of values.

    grids -> mapping of the planner -> header and fields -> typed columns -> tables with findings

`intake(grids, ...)` in `read.py` is the way in.
"""
