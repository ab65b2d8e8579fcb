"""A changed source file becomes live: the functions it concerns are sent again, which ends their processes."""

import importlib.util
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import watchfiles
from botocore.exceptions import BotoCoreError, ClientError

from orderbridge_cli.local.deployment.deployment import Deployment
from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.machine.places import Project
from orderbridge_cli.local.machine.problems import LocalStackProblem

_LOOK_EVERY_MS = 300

_log = logging.getLogger(__name__)


class LiveReload:
    """Watches the package, the functions and the template in a thread of its own.

    The package is not in what is sent (the local layer points to its source), so that sending a function again only
    makes its next process read the source again. An invocation that is under way finishes on the old one.
    """

    def __init__(
        self,
        aws: EngineClients,
        project: Project,
        deployment: Deployment,
        physical_ids: Mapping[str, str],
        redeploy: Callable[[], Mapping[str, str]],
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
        try:
            self._watch_files(poll=False)
        except (OSError, RuntimeError) as error:
            _log.info("the system does not tell of changed files (%s); looking at them instead", error)
            self._watch_files(poll=True)

    def _watch_files(self, poll: bool) -> None:
        # The template is one file, which an editor replaces by another: it is looked at, the folders are watched.
        template = self._template_version()
        for changes in watchfiles.watch(
            *(path for path in (self._project.package, self._project.functions) if path.exists()),
            watch_filter=lambda _, path: path.endswith(".py"),
            stop_event=self._stopping,
            debounce=200,
            step=50,
            rust_timeout=_LOOK_EVERY_MS,
            yield_on_timeout=True,
            force_polling=True if poll else None,
            poll_delay_ms=_LOOK_EVERY_MS,
        ):
            now = self._template_version()
            changed_template, template = now != template, now
            if self._stopping.is_set():
                return
            try:
                if changed_template:
                    self._physical_ids = self._redeploy()
                    self._on_reload("template.yaml is deployed anew")
                self._reload({Path(path) for _, path in changes})
            except (LocalStackProblem, ClientError, BotoCoreError, OSError) as error:
                # A file in the middle of being written, or a template that is not right yet: the next change comes.
                _log.warning("not reloaded: %s", error)
                self._on_reload(f"not reloaded: {error}")

    def _template_version(self) -> tuple[int, int]:
        try:
            found = self._project.template.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)

    def _reload(self, changed: set[Path]) -> None:
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
