"""Our two database backends for Django, hardened for heavy traffic: `ENGINE = "aftercart.database.<folder>"`.

`postgresql`: a limit on every wait for the server, and a check of kept connections that costs no round trip.
`sqlite`: writers wait in a queue, across all processes of the machine.
"""
