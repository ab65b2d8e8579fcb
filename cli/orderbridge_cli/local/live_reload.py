"""A changed source file becomes live: the functions it concerns are sent again, which ends their processes."""

import importlib.util
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import watchfiles
from botocore.exceptions import BotoCoreError, ClientError

from orderbridge_cli.local.aws import EngineClients
from orderbridge_cli.local.deployment import Deployment
from orderbridge_cli.local.places import Project
from orderbridge_cli.local.problems import LocalStackProblem

_log = logging.getLogger(__name__)


class LiveReload:
    """Watches the package, the functions and the template in a thread of its own.

    The package is not in what is sent (the local layer points to its source), so that sending a function again only
    makes its next process read the source anew. A process at work is ended with its invocation: the message comes
    back, as after any crash.
    """

    def __init__(
        self,
        aws: EngineClients,
        project: Project,
        deployment: Deployment,
        physical_ids: Mapping[str, str],
        redeploy: Callable[[], None],
        on_reload: Callable[[str], None],
    ) -> None:
        self._aws = aws
        self._project = project
        self._deployment = deployment
        self._physical_ids = physical_ids
        self._redeploy = redeploy
        self._on_reload = on_reload
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="live-reload", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        project = self._project
        paths = [path for path in (project.package, project.functions, project.template) if path.exists()]
        for changes in watchfiles.watch(
            *paths, watch_filter=self._concerns, stop_event=self._stopping, debounce=200, step=50, rust_timeout=500
        ):
            changed = {Path(path) for _, path in changes}
            try:
                self._reload(changed)
            except (LocalStackProblem, ClientError, BotoCoreError, OSError) as error:
                # A file in the middle of being written, or a template that is not right yet: the next change comes.
                _log.warning("not reloaded: %s", error)
                self._on_reload(f"not reloaded: {error}")

    def _concerns(self, _change: watchfiles.Change, path: str) -> bool:
        return path.endswith(".py") or Path(path) == self._project.template

    def _reload(self, changed: set[Path]) -> None:
        if self._project.template in changed:
            self._redeploy()
            self._on_reload("template.yaml is deployed anew")
            changed = changed - {self._project.template}
        for path in changed:
            # Bytecode counts as current for a source of the same size and second; no edit shall be too quick for it.
            Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
        everything = any(path.is_relative_to(self._project.package) for path in changed)
        sent = []
        for name, package in self._deployment.function_packages().items() if changed else ():
            folder = self._project.root / self._deployment.code_folder(name)
            if everything or any(path.is_relative_to(folder) for path in changed):
                self._aws.functions.update_function_code(FunctionName=self._physical_ids[name], ZipFile=package.content)
                sent.append(folder.name)
        if sent:
            self._on_reload(f"live: {', '.join(sorted(path.name for path in changed))} ({len(sent)} functions)")
