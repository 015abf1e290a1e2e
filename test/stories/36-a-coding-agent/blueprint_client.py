"""A client as the contract's ecosystem has it: it dispatches, waits by polling, and reads what was left. Standard library only."""
import json
import os
import time
import urllib.request

API = os.environ["OUTPOST_API_URL"]
KEY = os.environ["OUTPOST_API_KEY"]


def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}
    request = urllib.request.Request(API + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        answer = json.load(response)
    assert answer["success"] is True and answer["meta"]["requestId"], answer
    return answer["data"]


class OutpostClient:
    def dispatch(self, agent, task, repo, context_level="standard", timeout_seconds=600):
        # userId and contextLevel are what older clients send; a server that does not know them ignores them
        return call("POST", "/dispatch", {
            "userId": "usr_1", "agent": agent, "task": task, "repo": repo, "contextLevel": context_level,
            "context": context_level, "timeoutSeconds": timeout_seconds,
        })["dispatchId"]

    def wait_for_completion(self, dispatch_id):
        seen = []
        for _ in range(50):
            found = call("GET", "/dispatch/%s?skipLogs=false" % dispatch_id)
            seen.append(found)
            if found["status"] in ("success", "failed", "timeout", "cancelled"):
                return seen
            time.sleep(1)
        raise SystemExit("it did not end")


client = OutpostClient()
dispatch_id = client.dispatch("writer", "Write something, please", "acme/web")
seen = client.wait_for_completion(dispatch_id)
artifacts = call("GET", "/artifacts/%s?expiresIn=60" % dispatch_id)["artifacts"]
address = [one["url"] for one in artifacts if one["key"] == "result.json"][0]
with urllib.request.urlopen(address, timeout=30) as response:
    result = json.load(response)
progress = [one["progress"] for one in seen]
print(json.dumps({
    "statuses": [one["status"] for one in seen],
    "progress": progress[-1],
    "isMonotone": progress == sorted(progress),
    "artifacts": [one["key"] for one in artifacts],
    "result": result["outcome"],
}))
