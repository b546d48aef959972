"""The launcher behind ``./reelm``: prepares what a command needs, then becomes that command.

Nouns: ``launch`` (which command needs what), ``pythons`` (which Python will do), ``Report`` (what the person
at the terminal sees), ``Stamp`` (what was prepared from what), ``environment`` (Python packages), ``page``
(the web page), ``Trouble`` (what stops it, in words).

Standard library only, no network of its own: pip, uv and npm fetch, each as its user configured it.
"""
