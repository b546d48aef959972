"""Tell what the product does across packages. Read this folder first.

``join`` makes an account. ``upload`` takes in a creator's file, ``publish`` makes it a clip that plays, and
``encode`` makes its renditions here or on encoders elsewhere. ``watch`` hands out playlists, keys and
pictures. ``staff`` lets staff read and export what they may. ``operate`` declares what a realm runs by, and
keeps it whole and tidy.

Each workflow gets the ``OpenRealm``; none holds SQL, HTTP or cryptography. A durable one runs as ``Jobs``
whose ``Run`` remembers its steps. Callers import from the subject: ``from reelm.workflows.publish import
post``.
"""

from reelm.workflows.gates import Gates
from reelm.workflows.ports import Job, Jobs, JobState, Json, Run, Workflow
from reelm.workflows.realm import Identity, OpenRealm

__all__ = ["Gates", "Identity", "Job", "JobState", "Jobs", "Json", "OpenRealm", "Run", "Workflow"]
