"""Parts of an .xlsx package: what our sheets look like in XML. Serves `invopt_xl.adapters.writing`."""
