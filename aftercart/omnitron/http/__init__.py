"""HTTP as a promise needs it: one deadline for everything, and whether anything was sent.

It knows nothing of orders. Why no library: docs/decisions/0014.
"""
