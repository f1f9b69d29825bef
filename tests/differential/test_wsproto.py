"""libws against wsproto, with permessage-deflate. `python3 test_wsproto.py SEED`: one stream, with all that was heard."""
import os
import sys
from collections import Counter

import heard
import rows
from streams import make

STREAMS = int(os.environ.get("STREAMS", "3000"))
SEED = int(os.environ.get("SEED", "1"))
SHOWN_MAX = 5
ENOUGH = 3000  # streams that each row should be met in


def say(difference, left):
    got = difference.reading
    return (f"seed {difference.stream.seed}: {left} of {difference.aspects} is not explained\n{difference.stream}\n"
            f"libws {difference.libws}\nwsproto {difference.wsproto}\nread {got}\n")


def messages_are_as_read(mine, reading):
    """Where wsproto has lost its way, libws still has to have all messages before the fault."""
    mine = [(event.kind, event.data) for event in mine if event.kind in ("TEXT", "BINARY")]
    return mine == reading.messages or reading.window_at is not None


def test_each_difference_has_a_row_and_each_row_a_difference():
    streams = [make(SEED + i) for i in range(STREAMS)]
    counts, events, wrong = Counter(), Counter(), []
    for stream, mine in zip(streams, heard.libws(streams)):
        events.update(event.kind for event in mine)
        difference = rows.compare(stream, mine, heard.by_wsproto(stream))
        if difference:
            used, left = rows.explain(difference)
            counts.update(used)
            if left or not messages_are_as_read(mine, difference.reading):
                wrong.append(say(difference, left))
    print(f"{STREAMS} streams from seed {SEED}; libws heard {dict(events)}; explained: {dict(counts)}")
    assert not wrong, "\n".join([f"{len(wrong)} differences without a row, or messages that are not as they were sent"] + wrong[:SHOWN_MAX])
    if STREAMS >= ENOUGH:
        assert [row.name for row in rows.ROWS if not counts[row.name]] == []


if __name__ == "__main__":
    the_stream = make(int(sys.argv[1]))
    mine, its = heard.libws([the_stream])[0], heard.by_wsproto(the_stream)
    print(the_stream, mine, its, sep="\n")
    found = rows.compare(the_stream, mine, its)
    print(say(found, rows.explain(found)[1]) if found else "the same")
