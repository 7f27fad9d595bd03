"""Imports users' scripts, once for all the trials of a project."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import ray_standins
from .outcome import describe
from .program import Program, make_program


class _Loaded(NamedTuple):
    """A program with the ``sys.path`` and ``sys.argv`` it had after its import."""

    program: Program
    path: List[str]
    arguments: List[str]


class ScriptLoader:
    """Keeps one project's modules imported.

    Another scripts folder, or a changed file in it, forgets every module that came from the old one: two projects may
    both have a ``utils``. Modules from elsewhere stay, which is what makes a warm worker worth having.
    """

    def __init__(self) -> None:
        self._base_path = list(sys.path)
        self._scripts: Optional[str] = None
        self._programs: Dict[Tuple[str, str], _Loaded] = {}
        self._files: List[Tuple[str, int]] = []
        self._modules_seen = 0
        sys.dont_write_bytecode = True  # the scripts folder is the user's and may be shared
        ray_standins.install()

    def load(self, scripts: str, script: str, model: str) -> Program:
        """The program, with ``sys.path`` and ``sys.argv`` set for it.

        Raises:
            ImportError: naming function and script, whatever went wrong (but MemoryError passes as it is).
        """
        if scripts != self._scripts or self._changed():
            self._forget(scripts)
        loaded = self._programs.get((script, model))
        if loaded is None:
            try:
                program = self._find(scripts, script, model)
            except MemoryError:
                raise
            except BaseException as error:
                message = f"cannot load {model!r} from script {script!r}: {describe(error)}"
                raise ImportError(message) from error
            loaded = _Loaded(program, list(sys.path), list(sys.argv))
            self._programs[(script, model)] = loaded
        sys.path[:] = loaded.path
        sys.argv[:] = loaded.arguments
        return loaded.program

    def after_trial(self) -> None:
        """Undoes changes of ``sys.path`` and notes which files the modules now come from."""
        sys.path[:] = self._base_path
        if len(sys.modules) != self._modules_seen and self._scripts is not None:
            self._files = _stamps(self._scripts)
            self._modules_seen = len(sys.modules)

    def _find(self, scripts: str, script: str, model: str) -> Program:
        path = _script_file(scripts, script)
        folder = os.path.dirname(path)
        sys.path[:] = [scripts, *([folder] if folder != scripts else []), *self._base_path]
        sys.argv[:] = [path]
        module = _import(scripts, path)
        ray_standins.redirect_reports(module)
        try:
            found = getattr(module, model)
        except AttributeError:
            own = [n for n, v in vars(module).items() if getattr(v, "__module__", None) == module.__name__]
            raise AttributeError(f"the script defines no {model!r}, but: {', '.join(own) or 'nothing'}") from None
        return make_program(found, model)

    def _changed(self) -> bool:
        return any(_modified(path) != stamp for path, stamp in self._files)

    def _forget(self, scripts: str) -> None:
        if self._scripts is not None:
            for name in _modules_under(self._scripts):
                del sys.modules[name]
        importlib.invalidate_caches()
        self._programs.clear()
        self._files = []
        self._modules_seen = 0
        self._scripts = scripts


def _script_file(scripts: str, script: str) -> str:
    for name in (script, script + ".py", script.replace(".", os.sep) + ".py"):
        path = os.path.normpath(os.path.join(scripts, name))
        if os.path.isfile(path):
            return path
    raise FileNotFoundError(f"no such script in {scripts}")


def _import(scripts: str, path: str) -> ModuleType:
    name = _module_name(scripts, path)
    if name in sys.modules:
        return sys.modules[name]
    parent = name.rpartition(".")[0]
    if parent:
        importlib.import_module(parent)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _module_name(scripts: str, path: str) -> str:
    """The name other scripts import it by; in a package the dotted one, so that relative imports work.

    A script that is called like a module of Python's library, or like one already imported, gets a name of its own.
    """
    relative = os.path.splitext(os.path.relpath(path, scripts))[0].split(os.sep)
    packages = [os.path.join(scripts, *relative[:depth], "__init__.py") for depth in range(1, len(relative))]
    if packages and all(map(os.path.isfile, packages)):
        return ".".join(relative)
    stem = relative[-1]
    present = sys.modules.get(stem)
    foreign = present is not None and os.path.realpath(getattr(present, "__file__", None) or "") != os.path.realpath(path)
    known = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
    return f"hpo_script_{stem}" if foreign or stem in known or not stem.isidentifier() else stem


def _modules_under(folder: str) -> List[str]:
    return [name for name, module in list(sys.modules.items()) if _is_under(folder, module)]


def _is_under(folder: str, module: Any) -> bool:
    prefix = folder.rstrip(os.sep) + os.sep
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file.startswith(prefix)
    try:
        return any(str(place).startswith(prefix) for place in getattr(module, "__path__", ()))
    except Exception:  # a lazy module whose attributes fail
        return False


def _stamps(scripts: str) -> List[Tuple[str, int]]:
    files = {getattr(sys.modules[name], "__file__", None) for name in _modules_under(scripts)}
    return [(path, _modified(path)) for path in files if path]


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return -1
