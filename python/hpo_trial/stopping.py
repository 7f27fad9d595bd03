"""The experiment's stop keys."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from .metrics import Metric


class StopRule:
    """Says when a report reaches a stop key.

    A key is reached when its value is at or above the threshold. The one exception is the experiment's own metric
    with mode "min": there smaller is better, so it is reached at or below the threshold.
    """

    def __init__(self, stop: Mapping[str, Any], metric: str, mode: str) -> None:
        self._keys: List[Tuple[str, float, bool]] = []
        for key, threshold in stop.items():
            if isinstance(threshold, bool) or not isinstance(threshold, (int, float)):
                raise ValueError(f"stop key {key!r} needs a number, was {threshold!r}")
            self._keys.append((key, threshold, key == metric and mode == "min"))

    def reached(self, metrics: Dict[str, Metric]) -> Optional[str]:
        """The reason to end, as a person reads it, or None."""
        for key, threshold, below in self._keys:
            value = metrics.get(key)
            if value is None:
                continue
            number = float(value) if type(value) is str else value
            if number <= threshold if below else number >= threshold:  # type: ignore[operator]
                return f"stop key {key} reached {value} ({value} {'<=' if below else '>='} {threshold})"
        return None
