"""What the Calc extension does inside the office's own Python: nothing but its standard library, version 3.8 or later.

cells.py      values of cells <-> what the worker process takes
worker.py     the worker process: started, asked, restarted
documents.py  which workbook asks, and what its sheets hold
sheets.py     the sheets of a document, as they are on the screen
links.py      INV_ formulas of a workbook from Excel
plan_cells.py formulas that ask for the plan or depend on it
"""
