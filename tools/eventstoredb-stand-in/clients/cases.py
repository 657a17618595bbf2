"""Asks the server at argv[1], and prints what each case answered: a JSON object, {case: answer}."""

import json
import sys
from uuid import UUID

from kurrentdbclient import CaughtUp, KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import KurrentDBClientError

client = KurrentDBClient(sys.argv[1])
answers = {}


def ask(case, question):
    try:
        answers[case] = question()
    except KurrentDBClientError as error:
        answers[case] = type(error).__name__


def events(names):
    return [NewEvent(type=f"Event-{name}", data=b'{"n":1}', id=UUID(int=ord(name))) for name in names]


def append(stream, names, version):
    """The revision at which the append ended."""
    position = client.append_to_stream(stream, current_version=version, events=events(names))
    return next(e.stream_position for e in client.get_stream(stream) if e.commit_position == position)


def revisions(**options):
    return [event.stream_position for event in client.get_stream("s", **options)]


def first_of(subscription, count):
    """The types of what a subscription tells first."""
    told = []
    with subscription:
        for event in subscription:
            told.append("caughtUp" if isinstance(event, CaughtUp) else event.type)
            if len(told) == count:
                return told


# Appends: the same table as the Node clients'.
ask("append to a missing stream that must exist", lambda: append("s", "a", StreamState.EXISTS))
ask("append", lambda: append("s", "abc", StreamState.NO_STREAM))
ask("repeat", lambda: append("s", "abc", StreamState.NO_STREAM))
ask("repeat a part", lambda: append("s", "bc", 0))
ask("append behind", lambda: append("s", "x", 1))
ask("append ahead", lambda: append("s", "x", 10))
ask("append to any", lambda: append("s", "d", StreamState.ANY))
ask("repeat with a new one", lambda: append("s", "de", StreamState.ANY))
big = NewEvent(type="B", data=bytes(1_048_577), content_type="application/octet-stream")
ask("append too much", lambda: client.append_to_stream("s", current_version=StreamState.ANY, events=[big]))

ask("read", revisions)
ask("read from 2 backwards", lambda: revisions(stream_position=2, backwards=True, limit=2))
ask("read a missing stream", lambda: client.get_stream("missing"))
ask("read all", lambda: [event.type for event in client.read_all()])
ask("read all filtered", lambda: [e.type for e in client.read_all(filter_include=["Event-[bd]"])])
ask("version", lambda: client.get_current_version("s"))
ask("subscribe", lambda: first_of(client.subscribe_to_stream("s", stream_position=1, include_caught_up=True), 3))
by_stream = {"filter_include": ["s"], "filter_by_stream_name": True}
ask("subscribe to all", lambda: first_of(client.subscribe_to_all(**by_stream), 4))

client.set_stream_metadata("s", metadata={"$maxCount": 2}, current_version=StreamState.ANY)
ask("read what the metadata leaves", revisions)
ask("delete", lambda: client.delete_stream("s", current_version=StreamState.ANY))
ask("read what was deleted", revisions)
ask("append to what was deleted", lambda: append("s", "f", StreamState.NO_STREAM))
ask("tombstone", lambda: client.tombstone_stream("s", current_version=StreamState.ANY))
ask("read what has a tombstone", revisions)
ask("append to what has a tombstone", lambda: append("s", "g", StreamState.ANY))

client.close()
print(json.dumps(answers))
