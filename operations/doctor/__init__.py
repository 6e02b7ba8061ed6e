"""`make doctor`: whether this machine, this tree and a stage are as they must be, and what mends what is not.

It is to help where nothing is set up, so it begins with the standard library alone, in any Python 3.8 or later; what
needs the project's libraries is looked at when they are there.
"""
