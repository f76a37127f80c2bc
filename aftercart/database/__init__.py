"""The two databases as Django knows them, each with what a crowd needs: `ENGINE = "aftercart.database.<folder>"`.

`postgresql`: a limit to every wait for the server, and a check of a kept connection that costs no round trip.
`sqlite`: writers wait in a queue, over all processes of the machine.
"""
