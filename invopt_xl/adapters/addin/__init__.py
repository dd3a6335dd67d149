"""The Excel add-in, built from text: VBA sources and ribbon in, one InvOptXL.xlam out, the same bytes everywhere.

sources.py      finds the text: `workbook/` of a clone, or its copy inside an installed package
wrappers.py     function registry -> VBA functions and their help
name_lint.py    names that Excel or VBA would trip over
ovba.py         VBA's compression and its obfuscated project properties   (MS-OVBA 2.4)
cfb.py          compound file                                             (MS-CFB)
vba_project.py  modules -> vbaProject.bin                                 (MS-OVBA 2.2, 2.3)
xlam.py         vbaProject.bin and ribbon -> .xlam                        (ECMA-376, MS-CUSTOMUI)
command.py      `invopt addin build`
server.py       what the add-in starts: the Python process that answers it

installing.py          `invopt addin install | uninstall`
excel_registration.py  Excel's list of add-ins and trusted locations
actions.py             what an installation does, as a list that can be shown before it is done
registry.py            the registry of Windows; machine.py: the computer
excel_checks.py        what the doctor looks at in Excel; trial.py: a call of the server
"""
