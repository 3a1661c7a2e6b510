"""A real browser, where there is one, driven without any package."""

import base64
import itertools
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from fcntl import F_DUPFD, fcntl
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)


class Browser:
    """Chromium, driven through its debugging pipe: JSON messages that end in a zero byte."""

    def __init__(self, executable: str, profile: Path) -> None:
        ours, theirs = os.pipe(), os.pipe()
        # The browser reads descriptor 3 and writes descriptor 4; ours must not be in their place.
        ends = [fcntl(end, F_DUPFD, 10) for end in (ours[0], theirs[1])]
        self.process = os.posix_spawn(
            executable,
            [executable, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, ends[0], 3), (os.POSIX_SPAWN_DUP2, ends[1], 4)],
            setpgroup=0,
        )
        for end in (*ends, ours[0], theirs[1]):
            os.close(end)
        self.to, self.back = ours[1], theirs[0]
        os.set_blocking(self.back, False)
        self.numbers, self.buffer = itertools.count(1), b""
        self.events: list[dict[str, Any]] = []
        self.session: str | None = None
        target = self.send("Target.getTargets")["targetInfos"]
        page_id = next(info["targetId"] for info in target if info["type"] == "page")
        self.session = self.send("Target.attachToTarget", targetId=page_id, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self.numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        return self.until(lambda answer: answer.get("id") == number)["result"]

    def until(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            raw, zero, rest = self.buffer.partition(b"\0")
            if zero:
                self.buffer = rest
                message = json.loads(raw)
                self.events.append(message)
                if wanted(message):
                    return message
                continue
            try:
                self.buffer += os.read(self.back, 1 << 20)
            except BlockingIOError:
                time.sleep(0.01)
        raise TimeoutError("the browser did not answer")

    def open(self, address: str) -> None:
        self.events.clear()
        self.send("Page.navigate", url=address)
        if not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.until(lambda event: event.get("method") == "Page.loadEventFired")

    def run(self, script: str) -> Any:
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """Press the mouse in the middle of the element, as a person would."""
        element = f"document.querySelector({selector!r})"
        middle = f"(b => [b.x + b.width / 2, b.y + b.height / 2])({element}.getBoundingClientRect())"
        x, y, before, end = 0.0, 0.0, None, time.monotonic() + 10
        while (x, y) != before and time.monotonic() < end:  # the page may still be moving to a cell by itself
            self.run(f"{element}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
            before = (x, y)
            time.sleep(0.05)
            x, y = self.run(middle)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, width: int, scheme: str) -> bytes:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        shot = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    @property
    def complaints(self) -> list[dict[str, Any]]:
        """Errors and warnings in the console, exceptions, and requests that leave the file."""
        kinds = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
        told = [event for event in self.events if event.get("method") in kinds]
        asked = [
            event
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
            and not event["params"]["request"]["url"].startswith(("file:", "data:"))
        ]
        return told + asked

    def close(self) -> None:
        os.close(self.to)
        os.close(self.back)
        os.killpg(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no chromium on this machine; Debian's package is called chromium")
    # Its socket names have a length limit, which a deep temporary folder can exceed.
    driven = Browser(executable, tmp_path / "profile")
    yield driven
    driven.close()
