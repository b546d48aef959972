"""The vault in a storm: real vault code over simulated disks, networks, records and time, all from one seed.

Whatever the seed decides happens the same way each time: who is interrupted where, which disk forgets, which
provider lies. Time is virtual, so a schedule of hours takes milliseconds. ``schedule.run`` plays one;
``checks`` says what must be true whatever happened.
"""
