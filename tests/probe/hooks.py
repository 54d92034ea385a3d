"""Lets schemathesis enter the operations, and counts which of them have answered with success.

Into paths it puts ids of what exists: what the test has made (PROBE_SEEDS), then what the server says it has created. Only
some calls keep the ids that were generated, so that unknown and malformed ones are asked for too. bodies.json has a good
body for the operations whose rules are finer than a schema can say.
"""

import json
import os
import re
from collections import defaultdict
from pathlib import Path

import jsonschema_rs
import schemathesis

# Below one of these begin the paths of a document; the same thing has the same place below each.
BASES = ("/threadline/v1", "/api/v1", "/v1")
# Of so many generated calls one keeps the ids that were generated with it.
GENERATED_EVERY = 5
# The longest that a long poll, or an answer that waits for its turn, may hold up the run.
LONGEST_WAIT = {"wait": 0, "timeout_ms": 200}
# A stream that says nothing more is left after so long.
STREAM_S = 1.5

DIALECT = os.environ["PROBE_DIALECT"]
HEADER, CREDENTIAL = os.environ["PROBE_CREDENTIAL"].split(": ", 1)
# What a guest sends in the place of it, to the operations for guests.
GUEST = os.environ.get("PROBE_GUEST")
# What a program that is an agent sends, to the operations for programs.
PROGRAM = os.environ["PROBE_PROGRAM"]
SEEDS = json.loads(Path(os.environ["PROBE_SEEDS"]).read_text(encoding="utf-8"))
NAMED = (Path(__file__).parent / "bodies.json").read_text(encoding="utf-8")
for name in ("{agent}", "{guests}", "{answer}", "{heard}", "{identity}"):
    NAMED = NAMED.replace(name, SEEDS.pop(name))
BODIES = json.loads(NAMED).get(DIALECT, {})

# By place, as `/threads/{}/turns/{}`, or by method and place for one operation alone: the ids in it, oldest first.
known = defaultdict(list)
for seeded, ids in SEEDS.items():
    known[seeded].extend([id] if isinstance(id, str) else list(id) for id in ids)
successes = defaultdict(int)
calls = 0


def place(template):
    """`/threads/{}/turns/{}` for `/threadline/v1/threads/{thread}/turns/{turn}`, and the names in it."""
    for base in BASES:
        if template.startswith(base + "/"):
            template = template[len(base):]
            break
    return re.sub(r"\{[^}]*\}", "{}", template), re.findall(r"\{([^}]*)\}", template)


def is_stream(operation):
    content = operation.definition.raw.get("responses", {}).get("200", {}).get("content", {})
    return list(content) == ["text/event-stream"]


@schemathesis.hook
def before_add_examples(context, examples):
    operation = context.operation
    where, names = place(operation.path)
    ids = {name: "0" for name in names}
    if not operation.body:
        examples.append(operation.Case(path_parameters=ids))
    for body in BODIES.get(f"{operation.method.upper()} {where}", []):
        examples.append(operation.Case(path_parameters=dict(ids), body=body, media_type="application/json"))


@schemathesis.hook
def before_call(context, case, kwargs):
    global calls
    calls += 1
    # Without it a path that two dialects share is the other one's. That a key is asked for is another test's matter.
    if GUEST and case.operation.path.startswith("/api/v1/chat/threads"):
        case.headers["Authorization"] = GUEST
    elif case.operation.path.startswith("/threadline/v1/turns/"):
        case.headers["Authorization"] = PROGRAM
    else:
        case.headers[HEADER] = CREDENTIAL
    if is_stream(case.operation):
        kwargs["timeout"] = STREAM_S
    for name, most in LONGEST_WAIT.items():
        if str((case.query or {}).get(name, "")).isdigit():
            case.query[name] = min(int(case.query[name]), most)
        if isinstance(case.body, dict) and type(case.body.get(name)) is int:
            case.body[name] = min(case.body[name], most)
    where, names = place(case.operation.path)
    example = case.meta is not None and case.meta.phase.name.value == "examples"
    if names and (example or case.meta is None or calls % GENERATED_EVERY):
        for name, id in zip(names, taken(case.method.upper(), where)):
            case.path_parameters[name] = id


def taken(method, where):
    """Ids for as much of the path as something is known of. What is deleted is forgotten, but for the last."""
    own = known[f"{method} {where}"]
    if own:
        return own[-1 - calls % len(own)]
    part = where
    while "{}" in part:
        part = part[: part.rindex("{}") + 2]
        pool = known[part]
        if pool:
            if method == "DELETE" and part == where and len(pool) > 1:
                return pool.pop(0)
            return pool[-1 - calls % len(pool)]
        part = part[:-2]
    return []


@schemathesis.hook
def after_call(context, case, response):
    if 200 <= response.status_code < 300:
        successes[f"{case.method.upper()} {case.operation.path}"] += 1
        learn(case, response)
        Path(os.environ["PROBE_SUCCESSES"]).write_text(json.dumps(successes), encoding="utf-8")


def learn(case, response):
    """Keeps the ids of what was created, and of what is in it: a message and its turn."""
    if case.method.upper() != "POST" or "json" not in content_type(response):
        return
    body = json.loads(response.content)
    where, names = place(case.operation.path)
    above = [str(case.path_parameters[name]) for name in names]
    if isinstance(body, dict) and not where.endswith("}"):
        keep(where, above, body)
        for name, value in body.items():
            keep(f"{where.rpartition('/')[0]}/{name}s", above, value)


def keep(where, above, thing):
    id = thing.get("id") if isinstance(thing, dict) else None
    if isinstance(id, (str, int)) and where.count("{}") == len(above):
        known[f"{where}/{{}}"].append([*above, str(id)])


def content_type(response):
    return (response.headers.get("content-type") or [""])[0]


@schemathesis.check
def event_conformance(ctx, response, case):
    """The documents say of a stream what stands in `data:` of the events that have an id."""
    documented = case.operation.definition.raw["responses"].get("200", {}).get("content", {})
    if not content_type(response).startswith("text/event-stream"):
        return
    schema = documented["text/event-stream"]["x-event-schema"]
    components = case.operation.schema.raw_schema["components"]
    validator = jsonschema_rs.validator_for({**schema, "components": components})
    for block in response.content.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "id" in fields:
            validator.validate(json.loads(fields["data"]))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """schemathesis holds the frame of an event against that schema; `event_conformance` does what is meant."""
    return not (content_type(response).startswith("text/event-stream") and "SSE" in failure.title)
