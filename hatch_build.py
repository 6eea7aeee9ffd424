"""The wheel ships the page: built from web/ where it is not built yet, laid beside the code."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

IN_PACKAGE = "tradewind/web"


class PageHook(BuildHookInterface[Any]):
    """Lay web/dist into the wheel; an editable install finds it where it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the page's files to the builder. Raises RuntimeError where they cannot be made."""
        if version == "editable":
            return
        web = Path(self.root) / "web"
        if not (web / "dist" / "index.html").is_file():
            _build(web)
        build_data["force_include"][str(web / "dist")] = IN_PACKAGE


def _build(web: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(
            "Built the wheel, found neither web/dist nor npm; install Node 20.19 or newer, or run "
            "`./tradewind demo` once, which builds the page."
        )
    for words in (("ci", "--ignore-scripts"), ("run", "build")):
        subprocess.run([npm, *words], cwd=web, check=True)
