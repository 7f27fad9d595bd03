"""Minimal ``ray`` and ``hpogrid`` modules for machines without them; report redirection for machines with Ray.

The stand-ins hold what a training script needs to define a Trainable or to report, and nothing else: any other name fails
with an AttributeError that says so. A real package always wins.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Callable, Dict, Optional, Sequence

from .ray_checkpoint import Checkpoint
from .reporter import current_checkpoint, current_checkpoint_dir, report_current

SET_UP = "_hpo_trial_set_up"
"""Attribute of our base class: whether its constructor has already called the user's setup."""


class Trainable:
    """Base class in place of Ray's. The constructor calls ``setup(config)``, as Ray's does."""

    _hpo_trial_set_up = False

    def __init__(self, config: Optional[Dict[str, Any]] = None, *_: Any, **__: Any) -> None:
        from .trainable import SETUP, _own, call_with_config

        self.config: Dict[str, Any] = config or {}
        self._iteration = 0
        self._time_total = 0.0
        name = _own(type(self), SETUP)
        if name is not None:
            call_with_config(getattr(self, name), self.config, spread=name == "initialize")
        self._hpo_trial_set_up = True

    @property
    def iteration(self) -> int:
        """Steps finished so far."""
        return self._iteration

    @property
    def training_iteration(self) -> int:
        """The same."""
        return self._iteration

    def get_config(self) -> Dict[str, Any]:
        """The configuration it was made with."""
        return self.config


Trainable.__module__ = "ray.tune.trainable"


class CustomModel(Trainable):
    """hpogrid's base class: ``initialize`` instead of ``setup``."""


CustomModel.__module__ = "hpogrid.components"


_REPORTS: Dict[str, Any] = {"report": report_current, "get_checkpoint": current_checkpoint, "Checkpoint": Checkpoint}
_CONTENTS: Dict[str, Dict[str, Any]] = {
    "ray": {},
    "ray.tune": {"Trainable": Trainable, "checkpoint_dir": current_checkpoint_dir, **_REPORTS},
    "ray.tune.trainable": {"Trainable": Trainable},
    "ray.train": _REPORTS,
    "ray.air": {"Checkpoint": Checkpoint},
    "ray.air.session": _REPORTS,
}


class _StandInFinder(MetaPathFinder, Loader):
    """Asked after all others, so only when the real package is missing."""

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]] = None, target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        root = fullname.partition(".")[0]
        if root not in ("ray", "hpogrid") or (root == "ray" and fullname not in _CONTENTS):
            return None
        if fullname != root and not getattr(sys.modules.get(root), SET_UP, False):
            return None  # a missing part of the real package
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> Optional[ModuleType]:
        return None

    def exec_module(self, module: ModuleType) -> None:
        contents = _CONTENTS.get(module.__name__, {"CustomModel": CustomModel})
        vars(module).update(contents)
        vars(module)[SET_UP] = True
        vars(module)["__getattr__"] = _explain(module.__name__)


def _explain(module: str) -> Callable[[str], Any]:
    def missing(name: str) -> Any:
        package = module.partition(".")[0]
        raise AttributeError(f"{package} is not installed, and its stand-in has no {module}.{name}")

    return missing


def install() -> None:
    """Makes the stand-ins importable."""
    if not any(isinstance(finder, _StandInFinder) for finder in sys.meta_path):
        sys.meta_path.append(_StandInFinder())


def redirect_reports(script: ModuleType) -> None:
    """Lets scripts that import the real Ray report here: its own functions need a Ray session, which there is none of."""
    ours = {"report": report_current, "checkpoint_dir": current_checkpoint_dir, "get_checkpoint": current_checkpoint}
    for place in ("ray.tune", "ray.train", "ray.air.session"):
        module = sys.modules.get(place)
        for name, own in ours.items():
            real = getattr(module, name, None)
            if module is None or real is None or real is own:
                continue
            setattr(module, name, own)
            for key, value in list(vars(script).items()):
                if value is real:
                    setattr(script, key, own)
