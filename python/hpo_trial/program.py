"""The shapes a Python program may have, brought to one: ``run(config, reporter)``."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional

from . import trainable
from .metrics import to_number
from .reporter import Reporter

Config = Dict[str, Any]


class TrialContext(NamedTuple):
    """What a program gets besides its configuration."""

    reporter: Reporter
    metric: str
    budget: float
    workdir: str


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
        return lambda config, context: trainable.run(model, config, context.reporter, context.metric, context.workdir)
    compute = getattr(model, "compute", None)
    if compute is None:
        raise TypeError(f"class {name} needs a step(), _train(), train() or compute() method")
    pass_arguments = _compute_arguments(compute)

    def run(config: Config, context: TrialContext) -> None:
        worker = trainable.construct(model, config)
        _report_result(worker.compute(**pass_arguments(config, context)), context, f"{name}.compute")

    return run


def _make_function_program(function: Callable[..., Any], name: str) -> Program:
    arguments = _function_arguments(function)

    def run(config: Config, context: TrialContext) -> None:
        _report_result(function(*arguments(config, context)), context, name)

    return run


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

    Optional parameters keep their defaults, except one called ``reporter`` or ``budget``.
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
        given = {"reporter": context.reporter, "budget": context.budget, "nothing": None}
        return [config, *(given[kind] if kind else default for kind, default in zip(kinds, defaults))]

    return arguments


def _argument_kind(parameter: inspect.Parameter) -> Optional[str]:
    if parameter.kind not in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
        return None
    if parameter.name in ("reporter", "budget"):
        return parameter.name
    if parameter.default is not inspect.Parameter.empty:
        return None
    return "nothing" if parameter.name == "checkpoint_dir" else "reporter"


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
