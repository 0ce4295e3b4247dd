"""`rasa train` that ends DIET after a budget of processor minutes: `python -m bench.capped MINUTES [rasa's arguments]`.

Stock DIET needs hours for 100 epochs on some twelve thousand examples. The epochs it reached and the seconds they took
are written to epochs.json in the working folder, so that a table can say how far it came.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

EPOCHS_FILE = Path("epochs.json")


def main() -> None:
    budget, sys.argv = float(sys.argv[1]) * 60, ["rasa", "train", *sys.argv[2:]]
    import rasa.utils.train_utils as train_utils
    import tensorflow as tf
    from rasa.__main__ import main as rasa

    class Budget(tf.keras.callbacks.Callback):  # type: ignore[misc]
        """Stops fitting once the processor time is spent; never before the first epoch has ended."""

        def on_train_begin(self, logs: Any = None) -> None:
            self.cpu, self.clock = time.process_time(), time.monotonic()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            cpu, clock = time.process_time() - self.cpu, time.monotonic() - self.clock
            done = {"epochs": epoch + 1, "fit_cpu_s": round(cpu), "fit_s": round(clock), "logs": _plain(logs)}
            EPOCHS_FILE.write_text(json.dumps(done), encoding="utf-8")
            if cpu > budget:
                self.model.stop_training = True

    common = train_utils.create_common_callbacks
    train_utils.create_common_callbacks = lambda *given, **named: [*common(*given, **named), Budget()]
    rasa()


def _plain(logs: Any) -> dict[str, float]:
    return {str(name): round(float(value), 3) for name, value in (logs or {}).items()}


if __name__ == "__main__":
    main()
