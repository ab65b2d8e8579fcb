"""The environments of samconfig.toml; ``python -m orderbridge_cli.environments ENV PARAMETER`` prints one value."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

CONFIG = Path(__file__).resolve().parents[2] / "samconfig.toml"


def parameters_of(environment: str, config: Path = CONFIG) -> Mapping[str, str]:
    """What an environment is deployed with, as far as it is not the template's default; raises KeyError for none."""
    deploy = tomllib.loads(config.read_text(encoding="utf-8"))[environment]["deploy"]["parameters"]
    return dict(each.split("=", 1) for each in deploy["parameter_overrides"])


if __name__ == "__main__":
    environment, parameter = sys.argv[1:]
    print(parameters_of(environment)[parameter])
