"""A runnable stand-in for Omnitron, with memory, a panel page and faults: for the demo and for tests.

`python -m omnitron_sandbox` runs it; in tests::

    from omnitron_sandbox import running

    with running() as sandbox:
        sandbox.add_orders([order])
        sandbox.fault(operation="cancel", kind="reset_after", times=1)
        ...
        assert len(sandbox.calls(operation="cancel", number=order["number"])) == 1

It speaks section D of docs/contract.md and knows nothing of the service that talks to it.
"""

from .problems import Problem
from .running import Sandbox, running

__all__ = ["Problem", "Sandbox", "running"]
