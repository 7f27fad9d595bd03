"""Turns what users report into plain numbers that strict JSON can carry."""

from __future__ import annotations

from math import inf
from typing import Any, Dict, List, Mapping, Optional, Tuple, Union

Metric = Union[int, float, str]
"""A finite number, or "nan", "inf", "-inf", which JSON has no numbers for."""

_LARGEST_INT = 2**63 - 1


def clean(raw: Mapping[Any, Any]) -> Tuple[Dict[str, Metric], List[str]]:
    """Keeps what is a number.

    Returns:
        The metrics by name, and the names that were left out because their values are no numbers.
    """
    metrics: Dict[str, Metric] = {}
    ignored: List[str] = []
    for key, value in raw.items():
        name = key if type(key) is str else str(key)
        kind = type(value)
        if kind is float:
            metrics[name] = value if -inf < value < inf else spell(value)
        elif kind is int and -_LARGEST_INT <= value <= _LARGEST_INT:
            metrics[name] = value
        else:
            number = to_number(value)
            if number is None:
                ignored.append(name)
            else:
                metrics[name] = number
    return metrics, ignored


def spell(value: float) -> Metric:
    """A float as JSON can carry it."""
    if value != value:
        return "nan"
    if value == inf:
        return "inf"
    if value == -inf:
        return "-inf"
    return value


def to_number(value: Any) -> Optional[Metric]:
    """Numbers, bools (0 or 1) and scalars of numeric libraries; None for all else, strings included."""
    if value is None or isinstance(value, (str, bytes, bytearray)):
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int) and -_LARGEST_INT <= value <= _LARGEST_INT:
        return int(value)
    if isinstance(value, (int, float)):
        return _as_float(value)
    item = getattr(value, "item", None)
    if callable(item):
        try:
            plain = item()
        except Exception:  # an array of several elements, a tensor on a lost device
            return None
        return to_number(plain) if isinstance(plain, (bool, int, float)) else None
    return _as_float(value)


def _as_float(value: Any) -> Optional[Metric]:
    try:
        return spell(float(value))
    except OverflowError:
        return "inf" if value > 0 else "-inf"
    except Exception:  # whatever __float__ of a user's type raises: it is no number
        return None
