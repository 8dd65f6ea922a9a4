"""One port for everything a browser sees: the panel, the overlay page and the socket that feeds both.

`server.Server` is the shell (thread, loop, sockets), and `connection` holds each socket to its limits; the other modules decide
and are pure: `messages` (what is said), `commands` (what may be asked), `security` (who may ask), `outbox` (what a slow client
misses), `pictures` (packed pictures) and `pages` (files and headers).
"""
