"""R4: many members silent at once look like our fault or a network's, not like many dead hosts."""

from __future__ import annotations

from collections.abc import Callable

from .view import Mass

WINDOW_SEC = 30.0
SILENT_MIN, SILENT_SHARE = 3, 0.5
REMEMBER_SEC = 300.0


class MassGuard:
    """Holds from the moment that at least 3 members and half of all fell silent until most of them are back."""

    def __init__(self) -> None:
        self._from: float | None = None
        self._since = 0.0

    def look(
        self,
        *,
        now: float,
        floor: float,
        began: float,
        stale_sec: float,
        window_sec: float,
        known: int,
        heard_since: Callable[[float], int],
    ) -> Mass | None:
        """`began` and `floor`: the last good moment before the latest blackout, and its end.

        For 5 minutes after a blackout everybody who was ever heard is expected: who fell silent while we did not
        look cannot be told from who fell silent before. After that, those who were heard within the window.
        """
        start = now - max(window_sec, WINDOW_SEC) - stale_sec
        if self._from is not None:
            start = min(start, self._from)
        lately = now - floor < REMEMBER_SEC
        of = known if lately else heard_since(start)
        # Times ahead of now are left from before the store's clock was set back: nobody was heard then.
        silent = of - (heard_since(now - stale_sec) - heard_since(now + 1.0))
        if silent < SILENT_MIN or silent < SILENT_SHARE * of:
            self._from = None
            return None
        if self._from is None:
            self._since = now
        self._from = min(start, began - WINDOW_SEC) if lately else start
        return Mass(silent=silent, of=of, for_sec=now - self._since)

    def forget(self) -> None:
        self._from = None
