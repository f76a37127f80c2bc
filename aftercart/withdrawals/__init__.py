"""The withdrawal function of European consumer law: declared in two steps, acknowledged at once, carried out as a duty.

Withdrawing (from the contract, a right that needs nobody's consent) is not taking back a request; that is
`cancellations/taking_back.py`.
"""
