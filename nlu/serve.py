"""`python -m nlu.serve`: Rasa's server for the service, on loopback, with exactly the model asked for."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tarfile
from pathlib import Path

from nlu import logs, registry

HOST = "127.0.0.1"
DEFAULT_PORT = 5005
NEEDED = ("YIZHAN_ACTION_URL", "YIZHAN_ACTION_TOKEN")
# Cores are shared with the service: one thread each answers evenly where two would wait for each other.
THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "LOG_LEVEL": "WARNING",
    "LOG_LEVEL_LIBRARIES": "ERROR",
    # Rasa asks the system for its name and version of many packages only to tell telemetry.
    "MPLBACKEND": "agg",
    # glibc keeps one arena per thread otherwise: memory that is never given back.
    "MALLOC_ARENA_MAX": "2",
}


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after SIGTERM, 1 where the engine cannot start, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="nlu.serve", description="Serve a trained model to the service.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--model", type=Path, help="model archive (default: the registered current model)")
    options = parser.parse_args(arguments)
    os.environ.update(QUIET)
    for name, value in THREADS.items():
        os.environ.setdefault(name, value)
    try:
        model = choose_model(options.model)
    except registry.RegistryError as error:
        print(f"The engine cannot start: {error}", file=sys.stderr)
        return 1
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        print(
            f"The engine cannot start: set {' and '.join(missing)}, the address and the secret of the service's "
            "action webhook (the service sets both when it starts the engine).",
            file=sys.stderr,
        )
        return 1
    run(model, options.port)
    return 0


def choose_model(asked: Path | None) -> Path:
    """The exact archive. Rasa silently serves another model where the file is missing; this raises instead."""
    model = registry.current() if asked is None else asked
    if not model.is_file():
        raise registry.RegistryError(f"There is no model {model}; give an existing file or run `make train`.")
    if not can_talk(model):
        raise registry.RegistryError(f"{model} lacks the dialogue part and would answer nothing; run `make train`.")
    return model


def can_talk(model: Path) -> bool:
    """Whether the archive holds a dialogue part: Rasa accepts one without it, and falls silent."""
    try:
        with tarfile.open(model) as archive:
            member = next(m for m in archive if m.name.endswith("metadata.json"))
            content = archive.extractfile(member)
            return content is not None and json.load(content).get("core_target") is not None
    except (tarfile.TarError, StopIteration, ValueError, OSError):
        return False


def run(model: Path, port: int) -> None:
    """Start Rasa's server; returns when it is told to stop."""
    logs.configure()
    # Third-party deprecations would fill the log on every start.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.CRITICAL)
    log = logging.getLogger("nlu.serve")
    log.info("engine.starting")
    # TensorFlow loads jax where it is installed, for a converter nobody uses here: 64 MB and seconds of every start.
    sys.modules.setdefault("jax", None)  # type: ignore[arg-type]
    import rasa.core.run
    import rasa.utils.common
    import sanic.log
    from rasa.core.utils import AvailableEndpoints

    from nlu import patches

    patches.apply()
    # Both would set up handlers of their own, with addresses and times of every request.
    sanic.log.LOGGING_CONFIG_DEFAULTS.update({"loggers": {}, "handlers": {}, "formatters": {}})
    rasa.utils.common.update_sanic_log_level = lambda *ignored: None
    logs.configure()
    log.info("engine.loading")
    rasa.core.run.serve_application(
        model_path=str(model),
        interface=HOST,
        port=port,
        credentials="credentials.yml",
        enable_api=True,
        endpoints=AvailableEndpoints.read_endpoints("endpoints.yml"),
    )


if __name__ == "__main__":
    raise SystemExit(main())
