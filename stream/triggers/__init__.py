"""Rules: when something happens, and while something holds, do something. Pure decisions; `stream.actions` carries them out."""
