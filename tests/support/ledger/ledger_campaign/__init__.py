"""The ledger in a storm: the real log over a simulated disk and real records, all from one seed.

A schedule hands leaves over and sequences them in processes of which most die: at any step, alone or with the
power of their machine. ``schedule.run`` plays one, and checks after every death what anyone could read then.
"""
