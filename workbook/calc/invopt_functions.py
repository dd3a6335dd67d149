"""The worksheet functions as LibreOffice Calc finds them: a UNO component whose methods ask InvOpt XL's own Python for the answer.

The functions are those of `functions.json`, which the build makes from the same list as the Excel add-in's. Calc fills in the first argument
of each, the document; an argument left out is None, a range a tuple of rows. The result is always rows of cells.
"""

import json
import os

import unohelper
from com.sun.star.lang import Locale, XServiceInfo, XServiceName
from com.sun.star.sheet import LocalizedName, XAddIn, XCompatibilityNames
from com.sun.star.task import XJob
from invopt_calc.cells import error, inward, outward
from invopt_calc.documents import Documents
from invopt_calc.links import mend_document
from invopt_calc.worker import Unavailable, Worker, find_interpreter, log_file

try:
    from org.invopt.xl import XInvFunctions
except ImportError:
    # while the extension is being registered, its interface is not known yet

    class XInvFunctions:
        pass


_FOLDER = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(_FOLDER, "functions.json"), encoding="utf-8") as _file:
    _LIST = json.load(_file)
_FUNCTIONS = {each["method"]: each for each in _LIST["functions"]}
_METHODS = {each["name"]: each["method"] for each in _LIST["functions"]}
_SERVICES = (_LIST["service"], "com.sun.star.sheet.AddIn")
# as in Jobs.xcu
_OPENED = "org.invopt.xl.Opened"
_STATUS = "INV_STATUS"

# one for all: the office may make more than one object of the class
_WORKER = Worker(lambda: find_interpreter(_FOLDER), log_file)
_DOCUMENTS = Documents(on_close=_WORKER.forget)


def _answer(function, caller, arguments):
    """Return the answer of a function as rows of cells; never an exception, which Calc would show as a text of its own."""
    name = function["name"]
    try:
        plan = function["needs_plan"]
        document = _DOCUMENTS.of(caller, with_sheets=plan)
        if document.problem and name == _STATUS:
            return ((document.problem,),)
        return outward(_WORKER.call(name, [inward(each) for each in arguments], document.book, plan, document.sheets))
    except Unavailable as reason:
        return ((str(reason) if name == _STATUS else error("#N/A"),),)


def _method(function):
    def ask(self, caller, *arguments):
        return _answer(function, caller, arguments)

    ask.__name__ = function["method"]
    return ask


class _Names:
    """Names and texts, as Calc asks for them."""

    def getProgrammaticFuntionName(self, name):  # spelled as in the interface XAddIn
        return _METHODS.get(name, "")

    def getDisplayFunctionName(self, method):
        return _FUNCTIONS[method]["name"] if method in _FUNCTIONS else ""

    def getFunctionDescription(self, method):
        return _FUNCTIONS[method]["description"] if method in _FUNCTIONS else ""

    def getDisplayArgumentName(self, method, number):
        return self._argument(method, number, "name")

    def getArgumentDescription(self, method, number):
        return self._argument(method, number, "help")

    def _argument(self, method, number, what):
        # the first argument is the document, which Calc fills in
        arguments = _FUNCTIONS[method]["arguments"] if method in _FUNCTIONS else []
        return arguments[number - 1][what] if 1 <= number <= len(arguments) else ""

    def getProgrammaticCategoryName(self, method):
        return "Add-In"

    def getDisplayCategoryName(self, method):
        return "Add-In"

    def getCompatibilityNames(self, method):
        return (LocalizedName(Locale("en", "US", ""), self.getDisplayFunctionName(method)),)


class _Service:
    """What every component says of itself."""

    def __init__(self, context):
        self._locale = Locale("en", "US", "")

    def getServiceName(self):
        return _SERVICES[0]

    def getImplementationName(self):
        return _SERVICES[0]

    def supportsService(self, name):
        return name in _SERVICES

    def getSupportedServiceNames(self):
        return _SERVICES

    def setLocale(self, locale):
        self._locale = locale

    def getLocale(self):
        return self._locale


InvFunctions = type(
    "InvFunctions",
    (_Names, _Service, unohelper.Base, XInvFunctions, XAddIn, XCompatibilityNames, XServiceName, XServiceInfo),
    {each["method"]: _method(each) for each in _LIST["functions"]},
)


class Opened(unohelper.Base, XJob):
    """Called for each document that was opened: formulas from Excel are brought into Calc's form."""

    def __init__(self, context):
        pass

    def execute(self, arguments):
        known = {each.Name: each.Value for each in arguments}
        environment = {each.Name: each.Value for each in known.get("Environment", ())}
        document = environment.get("Model")
        if document is not None and document.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            mend_document(document, _METHODS)


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(InvFunctions, _SERVICES[0], _SERVICES)
g_ImplementationHelper.addImplementation(Opened, _OPENED, ("com.sun.star.task.Job",))
