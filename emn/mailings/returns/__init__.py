"""What a message that came back says, read from its bytes alone (rules R3.06 to R3.08).

Pure: no Django, no database, nothing from outside. `docs/bounces.md` shows its tables.
"""

from emn.mailings.returns.events import READ, read_event
from emn.mailings.returns.reading import LARGEST, read
from emn.mailings.returns.verdicts import Kind, Return, kind_of_code

__all__ = ["LARGEST", "READ", "Kind", "Return", "kind_of_code", "read", "read_event"]
