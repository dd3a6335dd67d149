"""The Calc extension, built from text: Python sources and the list of worksheet functions in, one InvOptXL.oxt out, the same bytes everywhere.

sources.py      finds the text: `workbook/calc` of a clone, or its copy inside an installed package
description.py  function registry -> what Calc must be told of the functions: interface (.idl), names and help (.xcu, .json)
oxt.py          all of it -> .oxt
office.py       finds LibreOffice and runs its `unopkg`
command.py      `invopt addin build | install | uninstall --host calc`
"""
