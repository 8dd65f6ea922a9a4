"""What waits for one client: newest state by key, and a bounded line of events.

Owns the promise that a slow client costs a fixed amount of memory and never sees stale state. Lives on the server's loop;
knows nothing of sockets or of what the payloads mean.
"""

import asyncio
from collections import deque
from typing import Final

Payload = str | bytes

MAX_EVENTS: Final = 1024
"""Events that may wait for one client. More means that it does not read: it is closed, with a reason. As many as the server's
mailbox holds: what a panic ends is told all at once, and that must not close the panel on which it was pressed."""
MAX_EVENT_CHARS: Final = 1_000_000
"""Nor may they be longer than this together."""


class Overflow(Exception):
    """Too many events wait: the client does not read."""


class Outbox:
    """Feeds one sender. State replaces by key, events are kept in order; both are sent in turn."""

    def __init__(self) -> None:
        self._states: dict[str, Payload] = {}
        self._events: deque[Payload] = deque()
        self._filled = asyncio.Event()
        self._event_chars = 0
        self._held: frozenset[str] = frozenset()

    def put_state(self, key: str, payload: Payload) -> None:
        """Keep `payload` as the newest of `key`; its place in the line stays, so that no key starves."""
        self._states[key] = payload
        self._filled.set()

    def put_event(self, payload: Payload) -> None:
        """Add an event.

        Raises:
            Overflow: `MAX_EVENTS` wait already, or with it they would be too long together.
        """
        if len(self._events) >= MAX_EVENTS or self._event_chars + len(payload) > MAX_EVENT_CHARS:
            raise Overflow
        self._events.append(payload)
        self._event_chars += len(payload)
        self._filled.set()

    def forget(self, key: str) -> None:
        """Drop the waiting state of `key`: the client no longer wants it."""
        self._states.pop(key, None)

    def hold(self, keys: frozenset[str]) -> None:
        """Keep these keys back (their newest state still replaces) until another call leaves them out."""
        self._held = keys
        self._filled.set()

    async def take(self) -> tuple[str | None, Payload]:
        """Return what goes out next and its key, waiting for it: events (key None) first, then the oldest state not held."""
        while True:
            if self._events:
                event = self._events.popleft()
                self._event_chars -= len(event)
                return None, event
            for key in self._states:
                if key not in self._held:
                    return key, self._states.pop(key)
            self._filled.clear()
            await self._filled.wait()
