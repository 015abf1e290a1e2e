"""An agent that speaks the Agent Client Protocol: it does what its argument names, well or badly."""
import json
import sys
import time

manner = sys.argv[1]
session = "session-1"


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def update(what, **fields):
    send({"method": "session/update", "params": {"sessionId": session, "update": {"sessionUpdate": what, **fields}}})


def say(text):
    update("agent_message_chunk", content={"type": "text", "text": text})


def ask(number, method, params):
    send({"id": number, "method": method, "params": params})
    answer = json.loads(sys.stdin.readline())
    assert answer["id"] == number, answer
    return answer


def answer(number, **fields):
    send({"id": number, **fields})


def permission(number, options):
    call = {"toolCallId": "c1"}
    return ask(number, "session/request_permission", {"sessionId": session, "toolCall": call, "options": options})


ALLOW = [
    {"optionId": "no", "name": "No", "kind": "reject_once"},
    {"optionId": "yes", "name": "Yes", "kind": "allow_once"},
]


def works(prompt):
    plan = [{"content": "write it", "priority": "high", "status": "in_progress"}, {"content": "check it", "priority": "low", "status": "pending"}]
    update("plan", entries=plan)
    update("tool_call", toolCallId="c1", title="Write done.txt", kind="edit", status="pending")
    outcome = permission("p-1", ALLOW)["result"]["outcome"]
    assert outcome == {"outcome": "selected", "optionId": "yes"}, outcome
    open("done.txt", "w").write(prompt)
    update("tool_call_update", toolCallId="c1", status="completed", content=[{"type": "diff", "path": "done.txt", "oldText": "", "newText": "x" * 100000}])
    plan[0]["status"] = "completed"
    update("plan", entries=plan)
    say("It is\nwrit")
    say("ten.")
    return {"stopReason": "end_turn", "usage": {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15}}


def outside(_prompt):
    for number, (method, params) in enumerate([
        ("fs/read_text_file", {"sessionId": session, "path": "/etc/shadow"}),
        ("fs/write_text_file", {"sessionId": session, "path": "/workspace/../../x", "content": "x"}),
        ("terminal/create", {"sessionId": session, "command": "id"}),
        ("_vendor/anything", {}),
    ]):
        say("%s: %s\n" % (method, ask(number, method, params)["error"]["code"]))
    say("never: %s\n" % permission(9, [{"optionId": "no", "name": "No", "kind": "reject_once"}])["result"]["outcome"]["outcome"])
    return {"stopReason": "end_turn"}


def garbage(_prompt):
    for line in ["not json", "[1,2]", "null", "{}", '{"id":1,"result":{}}', '{"id":99,"result":{"stopReason":"end_turn"}}', '{"method":5}', "{" * 40000]:
        print(line, flush=True)
    send({"method": "session/update", "params": "x"})
    update("plan", entries="x")
    update("tool_call")
    update("something_new", content=1)
    return {"stopReason": "end_turn"}


def huge(_prompt):
    piece = "x" * 65536
    while True:
        sys.stdout.write(piece)


def floods(_prompt):
    number = 0
    while True:
        number += 1
        send({"id": number, "method": "a" * 1000, "params": {}})


def waits(_prompt):
    say("waiting\n")
    line = json.loads(sys.stdin.readline())
    assert line["method"] == "session/cancel", line
    say("told to stop\n")
    return {"stopReason": "cancelled"}


def stays(_prompt):
    say("done\n")
    answer(prompt_id, result={"stopReason": "end_turn"})
    while True:
        time.sleep(60)


def swallows(_prompt):
    import os
    import urllib.error
    import urllib.request
    headers = {"authorization": "Bearer " + os.environ["KEY"]}
    try:
        urllib.request.urlopen(urllib.request.Request(os.environ["BASE"] + "/busy", data=b"{}", headers=headers))
    except urllib.error.HTTPError as error:
        say("%d\n" % error.code)
    return {"stopReason": "end_turn"}


if manner == "silent":
    time.sleep(600)
hello = json.loads(sys.stdin.readline())
assert hello["method"] == "initialize" and hello["params"]["clientCapabilities"]["terminal"] is False, hello
answer(hello["id"], result={"protocolVersion": 2 if manner == "newer" else 1, "agentCapabilities": {}})
new = json.loads(sys.stdin.readline() or "null")
if new is None:
    sys.exit(0)
assert new["method"] == "session/new" and new["params"]["cwd"] == "/workspace", new
if manner == "refuses":
    answer(new["id"], error={"code": -32000, "message": "Authentication required", "data": "status 401"})
    sys.stdin.readline()
    sys.exit(0)
answer(new["id"], result={"sessionId": session})
prompt = json.loads(sys.stdin.readline())
assert prompt["method"] == "session/prompt" and prompt["params"]["sessionId"] == session, prompt
prompt_id = prompt["id"]
answer(prompt_id, result=globals()[manner](prompt["params"]["prompt"][0]["text"]))
sys.stdin.readline()
