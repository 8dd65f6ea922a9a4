"""What waits for a client: newest state, every event, a bounded amount."""

import asyncio

import pytest

from stream.server.outbox import MAX_EVENT_CHARS, MAX_EVENTS, Outbox, Overflow


def test_state_replaces_by_key_and_keeps_its_place() -> None:
    """A busy topic cannot push a quiet one back for ever."""

    async def scene() -> list[object]:
        outbox = Outbox()
        outbox.put_state("pose", "old pose")
        outbox.put_state("status", "status")
        outbox.put_state("pose", "new pose")
        taken = [(await outbox.take())[1], (await outbox.take())[1]]
        third = asyncio.ensure_future(outbox.take())
        await asyncio.sleep(0)
        return [*taken, third.done()]

    assert asyncio.run(scene()) == ["new pose", "status", False]


def test_events_come_first_in_order() -> None:
    """Events are kept, all of them, and do not wait behind pictures."""

    async def scene() -> list[object]:
        outbox = Outbox()
        outbox.put_state("overlay", b"picture")
        outbox.put_event("start")
        outbox.put_event("end")
        return [await outbox.take() for _ in range(3)]

    assert asyncio.run(scene()) == [(None, "start"), (None, "end"), ("overlay", b"picture")]


def test_events_overflow_loudly() -> None:
    """The event that has no room raises; none is dropped in silence."""

    async def scene() -> None:
        outbox = Outbox()
        for number in range(MAX_EVENTS):
            outbox.put_event(str(number))
        with pytest.raises(Overflow):
            outbox.put_event("one too many")
        long = Outbox()
        long.put_event("x" * (MAX_EVENT_CHARS - 1))
        long.put_event("x")
        with pytest.raises(Overflow):
            long.put_event("x")

    asyncio.run(scene())


def test_take_waits_and_forgets() -> None:
    """A taker sleeps until something comes; what was forgotten never comes."""

    async def scene() -> object:
        outbox = Outbox()
        outbox.put_state("camera", b"private")
        outbox.forget("camera")
        outbox.forget("never there")
        taker = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        assert not taker.done()
        outbox.put_state("pose", "pose")
        return await taker

    assert asyncio.run(scene()) == ("pose", "pose")


def test_held_state_waits_and_is_still_replaced() -> None:
    """A topic that is held back lets others pass; once released, its newest state goes out."""

    async def scene() -> list[object]:
        outbox = Outbox()
        outbox.hold(frozenset({"overlay"}))
        outbox.put_state("overlay", b"old")
        outbox.put_state("pose", "pose")
        passed = await outbox.take()
        taker = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        assert not taker.done()
        outbox.put_state("overlay", b"new")
        outbox.hold(frozenset())
        return [passed, await taker]

    assert asyncio.run(scene()) == [("pose", "pose"), ("overlay", b"new")]
