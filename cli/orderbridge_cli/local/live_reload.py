"""A changed source file becomes live: the functions it concerns are sent again, which ends their processes."""

import importlib.util
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from orderbridge_cli.local.deployment.deployment import Deployment
from orderbridge_cli.local.engine.aws import EngineClients
from orderbridge_cli.local.machine.places import Project
from orderbridge_cli.local.machine.problems import LocalStackProblem

_LOOK_EVERY_S = 0.3
_AGAIN_AFTER_S = 2.0

Sources = Mapping[Path, tuple[int, int, int]]
"""Each file with its size, and the times of its content and of its entry in the folder, in nanoseconds."""


def sources(project: Project) -> Sources:
    """The template and every Python file of the package and the functions, as they are now."""
    found = {}
    packages = (project.package, project.functions)
    for path in (project.template, *(path for folder in packages for path in folder.rglob("*.py"))):
        with suppress(FileNotFoundError):  # an editor is replacing it
            status = path.stat()
            found[path] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found


class LiveReload:
    """Looks at the package, the functions and the template in a thread of its own.

    What is there is compared with what was sent: a change counts as seen when it is live, and not before.

    The package is not in what is sent (the local layer points to its source), so that sending a function again only
    makes its next process read the source again. An invocation that is under way finishes on the old one.
    """

    def __init__(
        self,
        aws: EngineClients,
        project: Project,
        deployment: Deployment,
        deployed: Sources,
        physical_ids: Mapping[str, str],
        redeploy: Callable[[], Mapping[str, str]],
        on_reload: Callable[[str], None],
    ) -> None:
        self._aws = aws
        self._project = project
        self._deployment = deployment
        self._live = deployed
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
        said, look_in_s = "", _LOOK_EVERY_S
        while not self._stopping.wait(look_in_s):
            now = sources(self._project)
            try:
                self._make_live(now)
            except (LocalStackProblem, ClientError, BotoCoreError, OSError) as error:
                # A file that is just being replaced, or an engine that is busy: the next look finds the change again.
                if said != (said := str(error)):
                    self._on_reload(f"not reloaded yet: {error}")
                look_in_s = _AGAIN_AFTER_S
            else:
                said, look_in_s = "", _LOOK_EVERY_S

    def _make_live(self, now: Sources) -> None:
        template = self._project.template
        changed = {path for path in self._live.keys() | now.keys() if self._live.get(path) != now.get(path)}
        if template in changed and template in now:
            self._deploy()
            self._live = {**self._live, template: now[template]}
        self._reload(changed - {template})
        self._live = now

    def _deploy(self) -> None:
        try:
            self._physical_ids = self._redeploy()
        except LocalStackProblem as problem:  # it is not right yet: its next change comes
            self._on_reload(f"not reloaded: {problem}")
        else:
            self._on_reload("template.yaml is deployed anew")

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
