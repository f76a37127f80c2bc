"""HTTP as a promise needs it: one deadline over everything, and what is known of whether anything was sent.

It knows nothing of orders. Why no library: docs/decisions/0014.
"""
