"""What README.txt in every bundle says. Part of the format: the verifier knows its digest."""

README = b"""\
A bundle of the audit log of Countersign, in the format countersign-bundle/1.

To check it you need two things that must not come from here:

  1. verifier.py, one file of Python that needs nothing else, from the source code of Countersign
     (audit/verifier.py). Read it: it is what you trust.
  2. The public key of the log (origin+hash+base64), from somebody at the installation whom you know,
     or as you wrote it down earlier.

Then, on a computer without network if you like (Python 3.11 or later):

    python -I -S verifier.py bundle THIS-FILE --key VKEY

It prints what it proved and what it did not. It ends with status 0 if all holds, 1 if something is wrong
(and says what), 2 if it could not tell. Give it checkpoints that you kept from earlier (--against FILE) and
the keys of witnesses that you trust (--witness VKEY): only those show that the log was not rewritten as a
whole before it was shown to you.

What is in here:

  manifest.json             what was asked for, when, and the logs with their sizes
  logs/N/checkpoint         the newest signed state of log N, with the signatures of witnesses
  logs/N/checkpoints/...    every signed state, one JSON string a line
  logs/N/anchors/...        where states were written down outside the database
  logs/N/tile/...           the hash tree, in the format tlog-tiles (https://c2sp.org/tlog-tiles)
  logs/N/tile/entries/...   every event, in the same format; in a bundle of the whole log only
  logs/N/chosen/...         the events that were chosen, a line each: index, space, event
  logs/N/openings/...       values that events hold commitments to; only where they were asked for
  counts.json               how much of each

Files that are split have at most 256 lines each; those of a tile are numbered like the tile.
"""
