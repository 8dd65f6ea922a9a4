"""Tests of the mailbox of one."""

import threading

import pytest

from stream.slot import Slot, SlotClosed


def test_the_newest_item_wins_and_the_drop_is_counted() -> None:
    """A second put replaces the first."""
    slot: Slot[int] = Slot()
    slot.put(1)
    slot.put(2)
    assert slot.get(0) == 2
    assert slot.dropped == 1


def test_what_nobody_took_may_be_merged_into_the_newer_item() -> None:
    """With a merge the newer item takes over from the one it replaces, which is a drop all the same."""
    slot: Slot[str] = Slot(merge=lambda untaken, newer: untaken + newer)
    for item in ("a", "b", "c"):
        slot.put(item)
    assert slot.get(0) == "abc"
    assert slot.dropped == 2
    slot.put("d")
    assert slot.get(0) == "d"


def test_an_item_is_given_once() -> None:
    """After a get the slot is empty."""
    slot: Slot[int] = Slot()
    slot.put(1)
    assert slot.get(0) == 1
    assert slot.get(0.001) is None


def test_close_wakes_a_waiting_reader() -> None:
    """A get that waits without limit ends when the slot is closed."""
    slot: Slot[int] = Slot()
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(SlotClosed):
            slot.get()
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    slot.close()
    thread.join(60)
    assert ended.is_set()


def test_close_keeps_the_last_item_for_one_more_get() -> None:
    """What was put before the close is still given, then the reader is told."""
    slot: Slot[int] = Slot()
    slot.put(7)
    slot.close()
    slot.put(8)
    assert slot.get() == 7
    with pytest.raises(SlotClosed):
        slot.get()


def test_under_load_order_holds_and_nothing_is_unaccounted_for() -> None:
    """Seen plus dropped equals put, in rising order, and the last item always arrives."""
    slot: Slot[int] = Slot()
    seen: list[int] = []

    def read() -> None:
        try:
            while True:
                item = slot.get()
                assert item is not None
                seen.append(item)
        except SlotClosed:
            pass

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(20_000):
        slot.put(number)
    slot.close()
    thread.join(60)
    assert seen == sorted(set(seen))
    assert seen[-1] == 19_999
    assert len(seen) + slot.dropped == 20_000
