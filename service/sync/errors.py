"""Why a sync does not even start."""

from __future__ import annotations

from datetime import datetime


class SourceBusy(Exception):
    """Another run holds the source; there is one runner per source, across processes."""

    code = "source_busy"

    def __init__(self, source: str, *, holder: str, until: datetime) -> None:
        self.source = source
        self.holder = holder
        self.until = until
        self.message = (
            f"{source} is being synced by {holder}. Wait for it to finish; "
            f"if that process is dead, its hold ends at {until:%H:%M:%S} UTC."
        )
        super().__init__(self.message)


class NothingToReplay(Exception):
    """The raw layer holds no reference data of the source, so no normaliser can be built."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.message = f"Nothing of {source} has been pulled yet; run `interlock sync {source}` first."
        super().__init__(self.message)
