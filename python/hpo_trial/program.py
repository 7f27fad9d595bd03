"""The shapes a Python program may have, brought to one: ``run(config, reporter)``."""

from __future__ import annotations

import inspect
from copy import deepcopy
from math import ceil
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional

from . import trainable
from .metrics import to_number
from .reporter import Reporter
from .session import TrialSession

Config = Dict[str, Any]


class TrialContext(NamedTuple):
    """What a program gets besides its configuration."""

    reporter: Reporter
    session: TrialSession

    @property
    def metric(self) -> str:
        """The experiment's metric."""
        return self.session.request.metric

    @property
    def workdir(self) -> str:
        """The trial's folder."""
        return self.session.request.workdir

    @property
    def budget(self) -> float:
        """What a program with a ``budget`` is told now."""
        for value in (self.session.budget, self.session.until, self.session.request.stop.get("training_iteration")):
            if value is not None:
                return float(value)
        return 1.0


Program = Callable[[Config, TrialContext], None]
"""Runs one trial to its end; raises what user code raises."""


def make_program(model: Any, name: str) -> Program:
    """Looks at the signature once, so that a trial costs only the call."""
    if inspect.isclass(model):
        return _make_class_program(model, name)
    if not callable(model):
        raise TypeError(f"it must be a function or a class, was {type(model).__name__}")
    return _make_function_program(model, name)


def _make_class_program(model: type, name: str) -> Program:
    if trainable.is_trainable(model):
        return lambda config, context: trainable.run(
            model, config, context.reporter, context.metric, context.workdir, context.session.checkpoints
        )
    compute = getattr(model, "compute", None)
    if compute is None:
        raise TypeError(f"class {name} needs a step(), _train(), train() or compute() method")
    pass_arguments = _compute_arguments(compute)

    def run(config: Config, context: TrialContext) -> None:
        worker = trainable.construct(model, config)
        _evaluate(lambda c: worker.compute(**pass_arguments(c, context)), config, context, f"{name}.compute")

    return run


def _make_function_program(function: Callable[..., Any], name: str) -> Program:
    arguments = _function_arguments(function)
    evaluate = _evaluate if _takes_budget(function) else _call_once

    def run(config: Config, context: TrialContext) -> None:
        evaluate(lambda c: function(*arguments(c, context)), config, context, name)

    return run


def _takes_budget(function: Callable[..., Any]) -> bool:
    try:
        return "budget" in list(inspect.signature(function).parameters)[1:]
    except (TypeError, ValueError):
        return False


Call = Callable[[Config], Any]


def _call_once(call: Call, config: Config, context: TrialContext, name: str) -> None:
    _report_result(call(config), context, name)


def _evaluate(call: Call, config: Config, context: TrialContext, name: str) -> None:
    """Calls a program that has a budget; where the host wants to be asked, its result counts for the step ``until``.

    It is called again, with the next budget, as long as the host says so. One that reports by itself is called once.
    """
    session = context.session
    if session.until is None:
        return _call_once(call, config, context, name)
    session.insists = True
    while True:
        last = session.until is None
        goal = session.budget if last else session.until
        if goal is None:
            return None
        before = context.reporter.reports
        result = call(deepcopy(config))
        if context.reporter.reports > before or result is None or isinstance(result, Iterator):
            return _report_result(result, context, name)
        context.reporter.send(as_metrics(result, context.metric, name), {}, max(ceil(goal), session.step + 1))
        if last:
            return None


def _report_result(result: Any, context: TrialContext, name: str) -> None:
    """What a function returns is its report, unless it reported itself; what it yields are its reports."""
    if result is None:
        return
    if isinstance(result, Iterator):
        for item in result:
            context.reporter.send(as_metrics(item, context.metric, name), {})
    elif context.reporter.reports == 0:
        context.reporter.send(as_metrics(result, context.metric, name), {})


def as_metrics(result: Any, metric: str, name: str) -> Mapping[str, Any]:
    """A dict of metrics as it is, a number as the experiment's metric.

    Raises:
        TypeError: for anything else.
    """
    if isinstance(result, Mapping):
        return result
    if to_number(result) is None:
        raise TypeError(f"{name} must give a number or a dict of metrics, gave {type(result).__name__}")
    return {metric: result}


def _function_arguments(function: Callable[..., Any]) -> Callable[[Config, TrialContext], List[Any]]:
    """How to call ``f(config)``, ``f(config, reporter)``, ``f(config, budget)`` or ``f(config, checkpoint_dir=None)``.

    Optional parameters keep their defaults, except one called ``reporter``, ``budget`` or ``checkpoint_dir``.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin without a signature
        return lambda config, context: [config, context.reporter]
    kinds = [_argument_kind(parameter) for parameter in parameters[1:]]
    if parameters and parameters[0].kind is inspect.Parameter.VAR_POSITIONAL:
        kinds = ["reporter"]  # an undocumented wrapper: assume the documented contract
    while kinds and kinds[-1] is None:
        kinds.pop()
    if not kinds:
        return lambda config, context: [config]
    if kinds == ["reporter"]:
        return lambda config, context: [config, context.reporter]
    defaults = [parameter.default for parameter in parameters[1:]]

    def arguments(config: Config, context: TrialContext) -> List[Any]:
        given = {
            "reporter": context.reporter,
            "budget": context.budget,
            "checkpoint_dir": context.reporter.restored_folder,
        }
        return [config, *(given[kind] if kind else default for kind, default in zip(kinds, defaults))]

    return arguments


def _argument_kind(parameter: inspect.Parameter) -> Optional[str]:
    if parameter.kind not in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
        return None
    if parameter.name in ("reporter", "budget", "checkpoint_dir"):
        return parameter.name
    return "reporter" if parameter.default is inspect.Parameter.empty else None


def _compute_arguments(compute: Callable[..., Any]) -> Callable[[Config, TrialContext], Dict[str, Any]]:
    """``compute`` of a worker class takes by keyword what it names of config, budget, working_directory, config_id."""
    parameters = inspect.signature(compute).parameters
    anything = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())

    def arguments(config: Config, context: TrialContext) -> Dict[str, Any]:
        offered = {
            "config": config,
            "budget": context.budget,
            "working_directory": context.workdir,
            "config_id": (0, 0, 0),
        }
        return {name: value for name, value in offered.items() if anything or name in parameters}

    return arguments
