"""Names of the gestures that the user has taught, as rules may use them.

Owns where they are looked up. Knows nothing of what is done with them.
"""


def own_gestures() -> tuple[str, ...]:
    """Return the names of the user's own gestures that are learnt; none if nothing was taught.

    Raises:
        UserError: what was learnt cannot be read.
    """
    from stream.gestures.store import GestureStore  # reads recordings: not every command needs that

    trained = GestureStore().load_trained()
    return trained.names if trained is not None else ()
