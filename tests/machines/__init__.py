"""PCs as they answered, recorded: what is not in the record is refused as on the PC itself.

The Windows records were written after Microsoft's documentation and not made on such a PC; they
hold what each call answers by its contract, and what is said in other languages of Windows.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.services.office.machine import Drive, Silence, Told


class Recorded:
    """A PC played back from its record; a later change of one answer is a keyword."""

    def __init__(self, name: str, **changes: Any) -> None:
        path = Path(__file__).with_name(f"{name}.json")
        self._said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) | changes
        self.windows = bool(self._said["windows"])

    def _answer(self, kind: str, question: str, missing: str) -> Any:
        answer = self._said.get(kind, {}).get(question, {"silent": missing})
        silent = isinstance(answer, dict) and "silent" in answer
        return Silence(answer["silent"]) if silent else answer

    def run(self, *command: str) -> Told | Silence:
        answer = self._answer("run", " ".join(command[:1]), f"没有 {command[0]}")
        if isinstance(answer, dict):  # one program, several questions
            wanted = [text for word, text in answer.items() if word in " ".join(command)]
            answer = wanted[0] if wanted else [1, ""]
        return answer if isinstance(answer, Silence) else Told(*answer)

    def text(self, path: str) -> str | Silence:
        return self._answer("text", path, f"没有 {path}")

    def changed(self, path: str) -> float | Silence:
        return self._answer("changed", path, f"没有 {path}")

    def registry(self, key: str, value: str) -> str | Silence:
        return self._answer("registry", f"{key}\\{value}", "没有这一项")

    def keys(self, key: str) -> Sequence[str] | Silence:
        return self._answer("keys", key, "没有这一项")

    def health(self, provider: int) -> int | Silence:
        return self._answer("health", str(provider), "这个系统没有统一的查询办法")

    def drives(self) -> Sequence[Drive]:
        return [Drive(*each) for each in self._said["drives"]]

    def networks(self) -> Sequence[str]:
        return self._said["networks"]
