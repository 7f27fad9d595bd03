"""What scripts written for Auptimizer import, for machines where Auptimizer itself is not installed.

Where it is, this module makes room for it.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import inspect
import json
import os
import pickle
import sys
import warnings
from types import FunctionType
from typing import Any, Callable, Optional, Sequence, Tuple, TypeVar, Union

_F = TypeVar("_F", bound=Callable[..., Any])

_saves: Optional[Tuple[Callable[..., Any], Tuple[Any, ...], dict]] = None  # type: ignore[type-arg]


class BasicConfig(dict):  # type: ignore[type-arg]
    """A job's configuration: a dictionary whose members are attributes, too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the configuration has no {name!r}; it has {', '.join(map(repr, self)) or 'nothing'}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def load(self, path: str) -> "BasicConfig":
        """Takes the members that a file has.

        Raises:
            TypeError: it holds no dictionary.
            ValueError: it is neither .json nor .pkl.
        """
        if path.endswith(".json"):
            with open(path, encoding="utf-8") as file:
                members = json.load(file)
        elif path.endswith(".pkl"):
            with open(path, "rb") as stream:
                members = pickle.load(stream)
        else:
            raise ValueError(f"{path} must end with .json or .pkl")
        if not isinstance(members, dict):
            raise TypeError(f"{path} must hold a dictionary, not {type(members).__name__}")
        self.update(members)
        return self

    def save(self, path: str) -> None:
        """Writes the members to a .json or .pkl file."""
        if path.endswith(".json"):
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self, file)
        elif path.endswith(".pkl"):
            with open(path, "wb") as stream:
                pickle.dump(dict(self), stream)
        else:
            raise ValueError(f"{path} must end with .json or .pkl")


def print_result(result: Union[float, str, Sequence[float]]) -> None:
    """Tells a result: one number, or several of which the first is the score."""
    numbers = result if isinstance(result, (list, tuple)) else [result]
    print("\n#Auptimizer:" + ",".join(map(str, numbers)), file=sys.stderr, flush=True)


def aup_args(function: _F) -> Callable[..., Any]:
    """Calls a function with the members of a configuration, and tells what it returns.

    The wrapped function takes the path of a configuration, or one that is loaded. Functions of the same module with ``init``
    in their names are called before it, with the configuration.
    """

    @functools.wraps(function)
    def call(config: Any, *_: Any) -> Any:
        members = BasicConfig().load(config) if isinstance(config, str) else BasicConfig(config)
        arguments = _arguments(function, members)
        for other in list(function.__globals__.values()):
            if isinstance(other, FunctionType) and other.__module__ == function.__module__ and "init" in other.__name__:
                other(members)
        result = function(**arguments)
        if result is not None:
            print_result(result)
        _save_model(members)
        return result

    return call


def aup_flags(flags: Any) -> Callable[[_F], Callable[..., Any]]:
    """Sets flags (of TensorFlow or absl) to the members of the configuration named on the command line, and tells what a function returns."""

    def decorate(function: _F) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*_: Any) -> Any:
            members = BasicConfig().load(sys.argv[1])
            for name, value in members.items():
                setattr(flags, name, value)
            result = function(*([None] * len(inspect.signature(function).parameters)))
            if result is not None:
                print_result(result)
            _save_model(members)
            return result

        return call

    return decorate


def aup_save_model(function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Names what saves the model. It is called at the end of the one job that is to, in the folder for its model."""
    global _saves
    _saves = (function, args, kwargs)


def _arguments(function: Callable[..., Any], members: BasicConfig) -> "dict[str, Any]":
    parameters = inspect.signature(function).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    named = [p for p in parameters.values() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    missing = [p.name for p in named if p.default is p.empty and p.name not in members]
    if missing:
        raise ValueError(f"{function.__name__} needs {', '.join(missing)}, which the configuration does not have")
    extra = [name for name in members if name not in parameters]
    if extra and not takes_all:
        warnings.warn(f"{function.__name__} does not take {', '.join(extra)} of the configuration", stacklevel=3)
    return dict(members) if takes_all else {p.name: members[p.name] for p in named if p.name in members}


def _save_model(members: BasicConfig) -> None:
    if _saves is None or not members.get("save_model"):
        return
    function, args, kwargs = _saves
    folder = os.path.join("aup_models", str(members.get("folder_name") or "models"))
    os.makedirs(folder, exist_ok=True)
    before = os.getcwd()
    os.chdir(folder)
    try:
        function(*args, **kwargs)
    finally:
        os.chdir(before)


def _make_room() -> None:
    """Loads the installed package in place of this module, where there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    elsewhere = [path for path in sys.path if os.path.abspath(path or os.getcwd()) != here]
    spec = importlib.machinery.PathFinder.find_spec("aup", elsewhere)
    if spec is None or spec.loader is None or spec.origin is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["aup"] = module
    spec.loader.exec_module(module)


if __name__ == "aup":
    _make_room()
