"""The ports in memory, with the same conditions as the table: revisions, put if absent, all or nothing.

Every call of a port passes `Steps`, where a test lets the process die, lets the port fail, or lets somebody else act in
between. That is how interleavings are tried without threads.
"""
