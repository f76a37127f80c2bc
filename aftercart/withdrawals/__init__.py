"""The withdrawal function of European consumer law: declared in two steps, acknowledged at once, carried out as a duty.

Withdrawing (from the contract, a right that needs nobody's consent) is different from taking back a request, which is
in `cancellations/taking_back.py`.
"""
