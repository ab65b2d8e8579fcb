"""The functions of the schedules, for the commands that invoke them."""

from __future__ import annotations

import io
import json
from typing import Any

Answers = dict[str, list[Any]]


class Functions:
    """Lambda, which answers what the test says; a text is an invocation that broke off."""

    def __init__(self, name: str, answers: Answers) -> None:
        self.name = name
        self.answers = {name: iter(listed) for name, listed in answers.items()}
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **call: Any) -> dict[str, Any]:
        assert call["FunctionName"] == self.name
        request = json.loads(call["Payload"])
        self.asked.append(request)
        answer = next(self.answers[request["channel"]])
        if isinstance(answer, str):
            return {"Payload": io.BytesIO(json.dumps({"errorMessage": answer}).encode()), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps({"channels": [answer]}).encode())}
