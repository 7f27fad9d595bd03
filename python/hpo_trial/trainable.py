"""Trainable classes in their three spellings, with or without Ray."""

from __future__ import annotations

import inspect
import os
from contextlib import suppress
from time import monotonic
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from . import logs
from .checkpoint_file import Content
from .checkpoints import Checkpoints
from .metrics import to_number
from .outcome import format_traceback
from .ray_standins import SET_UP
from .reporter import Reporter

STEP = ("step", "_train", "train")
SETUP = ("setup", "_setup", "initialize")
SAVE = ("save_checkpoint", "_save", "save")
RESTORE = ("load_checkpoint", "_restore", "restore")
CLEANUP = ("cleanup", "_cleanup", "_stop", "stop")

_BASES = ("ray.", "hpogrid.")
"""Modules whose base classes define the same names as drivers, not as user code (the stand-ins are among them)."""


def is_trainable(model: type) -> bool:
    """Whether the class itself, not a base of Ray's, says what a step is."""
    return _own(model, STEP) is not None


def run(
    model: type, config: Dict[str, Any], reporter: Reporter, metric: str, workdir: str, checkpoints: Checkpoints
) -> None:
    """Steps the class until the reporter unwinds it; its clean-up runs however it ends."""
    trainable = construct(model, config, workdir)
    try:
        _set_up(trainable, model, config)
        name = _own(model, STEP)
        assert name is not None
        step: Callable[[], Any] = getattr(trainable, name)
        counts = hasattr(trainable, "_iteration")
        started = monotonic()
        _connect(trainable, model, checkpoints)
        if checkpoints.restored is not None:
            started -= checkpoints.restored.time_total_s
        while True:
            result = step()
            if counts:
                with suppress(Exception):
                    trainable._iteration += 1
                    trainable._time_total = monotonic() - started
            reporter.send(_metrics(result, metric, f"{model.__name__}.{name}"), {})
    finally:
        _clean_up(trainable, model)


def _connect(trainable: Any, model: type, checkpoints: Checkpoints) -> None:
    """Brings back the state that the segment starts from, and lets the state be asked for."""
    save, restore = _own(model, SAVE), _own(model, RESTORE)
    restored = checkpoints.restored
    if restored is not None:
        if restore is None:
            raise TypeError(f"{model.__name__} has no {', '.join(RESTORE)}: it cannot go on from a checkpoint")
        for name, value in (("_iteration", checkpoints.start_step), ("_time_total", restored.time_total_s)):
            with suppress(Exception):
                setattr(trainable, name, value)
        getattr(trainable, restore)(restored.argument)
    if save is not None and restore is not None:
        method: Callable[..., Any] = getattr(trainable, save)
        checkpoints.source = lambda folder: _saved(method, folder, f"{model.__name__}.{save}")
    elif save is not None:
        logs.note(f"{model.__name__} has {save} but no {', '.join(RESTORE)}: no checkpoints are made")


def _saved(method: Callable[..., Any], folder: str, name: str) -> Content:
    """What the user's method saved: files in the folder, a path inside it, or a dict that it returned."""
    result = method(folder) if inspect.signature(method).parameters else method()
    if isinstance(result, Mapping):
        return Content(files=folder if os.listdir(folder) else None, value=result, has_value=True)
    if result is not None and not isinstance(result, (str, os.PathLike)):
        raise TypeError(f"{name} must return a dict, a path or nothing, returned {type(result).__name__}")
    if not os.listdir(folder):
        raise ValueError(f"{name} returned no dict and wrote no file into the folder it was given")
    if result is None:
        return Content(files=folder)
    entry = os.path.relpath(os.path.join(os.path.realpath(folder), _real(result)), os.path.realpath(folder))
    if entry.startswith(os.pardir) or not os.path.exists(os.path.join(folder, entry)):
        raise ValueError(f"{name} must return a path inside the folder it was given, returned {os.fspath(result)!r}")
    return Content(files=folder, entry=None if entry == os.curdir else entry)


def _real(path: Any) -> str:
    text = os.fspath(path)
    return os.path.realpath(text) if os.path.isabs(text) else text


def construct(model: type, config: Dict[str, Any], workdir: str = "") -> Any:
    """Makes the object as its constructor wants: with the configuration, or with nothing.

    Ray's own constructor is passed by: it would set up loggers and ask for a cluster.
    """
    initializer = _definer(model, "__init__")
    if initializer is not None and initializer.__module__.startswith("ray.") and not hasattr(initializer, SET_UP):
        bare: Any = object.__new__(model)
        for name, value in (("config", config), ("_iteration", 0), ("_time_total", 0.0), ("_logdir", workdir)):
            with suppress(Exception):
                setattr(bare, name, value)
        return bare
    if initializer is None or initializer is object:
        return model()
    try:
        parameters = list(inspect.signature(model).parameters.values())
    except (TypeError, ValueError):
        return model(config)
    takes = [p for p in parameters if p.kind is not p.VAR_KEYWORD and (p.default is p.empty or p.name == "config")]
    return model(config) if takes else model()


def _set_up(trainable: Any, model: type, config: Dict[str, Any]) -> None:
    if getattr(trainable, SET_UP, False):
        return
    name = _own(model, SETUP)
    if name is not None:
        call_with_config(getattr(trainable, name), config, spread=name == "initialize")


def call_with_config(method: Callable[..., Any], config: Dict[str, Any], spread: bool) -> None:
    """Hands the configuration over whole, or (``spread``) as the keywords the signature asks for.

    ``initialize(self, config)`` gets it whole, ``initialize(self, **config)`` and ``initialize(self, alpha, beta)`` by keyword.
    """
    parameters = inspect.signature(method).parameters.values()
    if not parameters:
        method()
        return
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    everything = any(p.kind is p.VAR_KEYWORD for p in parameters)
    whole = "config" in named or (len(named) == 1 and named[0] not in config) or not (named or everything)
    if not spread or whole:
        method(config)
    elif everything:
        method(**config)
    else:
        method(**{name: config[name] for name in named if name in config})


def _metrics(result: Any, metric: str, name: str) -> Mapping[str, Any]:
    if isinstance(result, Mapping):
        return result
    if to_number(result) is None:
        raise TypeError(f"{name} must return a dict of metrics, returned {type(result).__name__}")
    return {metric: result}


def _clean_up(trainable: Any, model: type) -> None:
    name = _own(model, CLEANUP)
    if name is None:
        return
    try:
        getattr(trainable, name)()
    except Exception as error:
        logs.note(f"{model.__name__}.{name} failed after the trial; its result stands")
        logs.write(format_traceback(error).encode("utf-8", "backslashreplace"))


def _own(model: type, names: Sequence[str]) -> Optional[str]:
    for name in names:
        definer = _definer(model, name)
        if definer is not None and not f"{definer.__module__}.".startswith(_BASES):
            return name
    return None


def _definer(model: type, name: str) -> Optional[type]:
    return next((base for base in model.__mro__ if name in vars(base)), None)
