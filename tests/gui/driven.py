"""The application as a program of its own that tells, line by line, what it shows; driven from outside.

``python -m tests.gui.driven SETTINGS_FILE`` prints JSON objects: where things are on the screen when the window has
come to rest, and every request and frame from then on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget

from engine.frame import Frame, Stage
from engine.request import Request
from gui.__main__ import application, build
from gui.settings import Store


def say(**content: object) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def place(widget: QWidget) -> list[int]:
    corner = widget.mapToGlobal(QPoint(0, 0))
    return [corner.x(), corner.y(), widget.width(), widget.height()]


def main() -> int:
    app = application()
    window = build(Request(), Store.load(Path(sys.argv[1])))
    told = False

    def on_frame(frame: Frame) -> None:
        nonlocal told
        if frame.stage is Stage.DONE and not told:
            told = True
            say(ready=True, epsilon=place(window.epsilon.slider), equation=place(window.equation))
        if frame.attacked is not None and frame.network is not None:
            label = frame.attacked.prediction.label
            say(frame=frame.request.epsilon, image=frame.request.image, seen=frame.network.classes[label])

    window.session.frame_changed.connect(on_frame)
    window.session.message_changed.connect(lambda message: message and say(message=message.text))
    window.move(0, 0)
    window.show()
    status = app.exec()
    say(closed=status)
    return status


if __name__ == "__main__":
    sys.exit(main())
