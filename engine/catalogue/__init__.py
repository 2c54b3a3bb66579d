"""What can be chosen: attacks, networks, sample pictures.

Everything here is a plain record of the standard library, so that the window can offer it, the command line
can list it and a session file can be checked before torch is imported.
"""
