"""Finding strategy classes: built in, from an installed package, or from a user's own file."""

import difflib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType, ModuleType

from tradewind.core.engine.desk import Desk
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.errors import ConfigError
from tradewind.strategies.catalogue import BUILT_IN

GROUP = "tradewind.strategies"
LONGEST = 300
"""Characters of an error's text that are told."""
NEARLY = 0.85
"""How alike two names are of which one is a slip of the other."""
DIGEST_BYTES = 6
OURS = "tradewind"


class Catalogue(Mapping[str, type[Strategy]]):
    """Strategy classes by name, imported when first asked for.

    A name is a built-in's id, an installed package's entry point, or `path/to/file.py[:Class]`.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, type[Strategy]] = {}

    def __getitem__(self, name: str) -> type[Strategy]:
        found = self._loaded.get(name)
        if found is None:
            where = self.names().get(name)
            if where is None and not _is_file(name):
                raise KeyError(name)
            found = self._loaded[name] = load(where if where is not None else name, name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter({**self.names(), **self._loaded})

    def __len__(self) -> int:
        return len({**self.names(), **self._loaded})

    def names(self) -> dict[str, str]:
        """Return every known name with its "module:Class"; imports nothing."""
        installed = {entry.name: entry.value for entry in entry_points(group=GROUP)}
        return {**installed, **BUILT_IN}

    def find(self, name: str) -> type[Strategy]:
        """Return the class of a name; ConfigError with the nearest names when there is none."""
        try:
            return self[name]
        except KeyError:
            near = difflib.get_close_matches(name, self.names(), n=1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f"there are {', '.join(self.names())}, or give a file.py."
            )
            raise ConfigError(
                f"Looked up strategy {name}, found none of that name; {hint}"
            ) from None


def _is_file(name: str) -> bool:
    return name.rpartition(":")[0].endswith(".py") or name.endswith(".py")


def load(where: str, name: str) -> type[Strategy]:
    """Import a strategy class from "module:Class" or "file.py[:Class]".

    Raises ConfigError, with the reason, when it does not import or holds no strategy.
    """
    module_name, _, class_name = (
        where.partition(":") if not where.endswith(".py") else (where, "", "")
    )
    try:
        module = (
            _from_file(Path(module_name))
            if module_name.endswith(".py")
            else importlib.import_module(module_name)
        )
    except ConfigError:
        raise
    # A file that ends the program when it is imported must not end ours.
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"Loaded strategy {name}, found {_said(error, module_name)}; mend the file."
        ) from error
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Strategy)
        and value.__module__ == module.__name__
        and (not class_name or value.__name__ == class_name)
    ]
    if len(found) != 1:
        raise ConfigError(_not_one(module, [each.__name__ for each in found], module_name, name))
    _check_callbacks(found[0], name)
    return found[0]


def _said(error: BaseException, where: str) -> str:
    """Return an error of an import in one line, with the line of the file that it came from."""
    line = 0
    for frame in traceback.extract_tb(error.__traceback__):
        if where.endswith(".py") and Path(frame.filename).resolve() == Path(where).resolve():
            line = frame.lineno or 0
    said = " ".join(str(error).split())[:LONGEST].rstrip(".")
    at = f" in line {line}" if line else ""
    return f"{type(error).__name__}{at}{f': {said}' if said else ''}"


def _not_one(module: ModuleType, have: list[str], where: str, name: str) -> str:
    if have:
        return (
            f"Loaded strategy {name}, found {' and '.join(have)} where one strategy was meant; "
            f"name one, as {where}:{have[0]}."
        )
    others = [
        each.__name__
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, Strategy) and each is not Strategy
    ]
    there = f"name one it has: {', '.join(others)}" if others else "write class Mine(Strategy)"
    return f"Loaded strategy {name}, found no such strategy class in it; {there}."


def _check_callbacks(cls: type[Strategy], name: str) -> None:
    """Raise ConfigError for a callback that is nearly one of ours, because it would never run."""
    ours = [each for each in vars(Strategy) if each.startswith("on_")]
    for each in vars(cls):
        if each.startswith("on_") and each not in ours:
            near = difflib.get_close_matches(each, ours, n=1, cutoff=NEARLY)
            if near:
                raise ConfigError(
                    f"Loaded strategy {name}, found {each}, which nothing calls; did you mean "
                    f"{near[0]}?"
                )


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f"Loaded strategy {path}, found no such file; check the path.")
    # A snapshot of the desk finds the class again by this name, so two files never share one.
    place = blake2b(str(path.resolve()).encode(), digest_size=DIGEST_BYTES).hexdigest()
    name = f"tradewind_user_{path.stem}_{place}"
    loader = _UserFile(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None, "a loader was given"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    module.__dict__[VERSION] = loader.version
    return module


# --- whose code a snapshot is of ------------------------------------------------------------------

VERSION = "__tradewind_version__"
"""Where a user's module keeps the digest of what was read, whatever stands in its file by now."""


class _UserFile(SourceFileLoader):
    """Loads a file as it stands, past any cached bytecode, and keeps the digest of what it read."""

    version = ""

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path)
        self.version = blake2b(source, digest_size=DIGEST_BYTES).hexdigest()
        code: CodeType = self.source_to_code(source, self.path)
        return code


class Guests:
    """The strategies that are not ours: loads them, and says of which version each one is.

    A version is a digest of the user's file, or of the installed package that the class is from.
    """

    def __init__(self, catalogue: Mapping[str, type[Strategy]]) -> None:
        self._catalogue = catalogue

    def of(self, desk: Desk) -> dict[str, str]:
        """Return the versions of all strategies of others that a desk's instances run."""
        return _theirs(
            (instance.spec.strategy, type(instance.strategy))
            for instance in desk.instances.values()
        )

    def found(self, names: Iterable[str]) -> dict[str, str]:
        """Load strategies by name and return their versions; ours are left out.

        Raises ConfigError for one that does not load, KeyError for one that is not there.
        """
        return _theirs((name, self._catalogue[name]) for name in names)


def _theirs(classes: Iterable[tuple[str, type[Strategy]]]) -> dict[str, str]:
    return {
        name: _version_of(cls) for name, cls in classes if cls.__module__.partition(".")[0] != OURS
    }


def _version_of(cls: type[Strategy]) -> str:
    module = sys.modules[cls.__module__]
    version: str | None = module.__dict__.get(VERSION)
    return version or _package_version(cls.__module__.partition(".")[0])


@cache
def _package_version(root: str) -> str:
    module = sys.modules[root]
    folders = [Path(each) for each in getattr(module, "__path__", ())]
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    if not folders and module.__file__ is not None:
        files = [Path(module.__file__)]
    digest = blake2b(digest_size=DIGEST_BYTES)
    for path in files:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
