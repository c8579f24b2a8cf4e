"""`python -m bench.compat [REVISION]`: the release before, on the database of this one.

An update migrates the database while the version before still serves visitors. The revision (by
default the last tag) fills a database of its own; this code migrates it and writes in it as
visitors do; then the revision serves the same visitors, and runs each task of its clock. Ends with
1 and names what failed. Both run on the packages installed here, as the demonstration.
"""
