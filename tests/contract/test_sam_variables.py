"""What SAM CLI itself makes of the functions: where it finds their code, and which variables it passes on."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.contract.template import PROJECT, template

RESOLVE = """
import json, sys
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider
from samcli.local.lambdafn.env_vars import EnvironmentVariables

file = json.load(sys.stdin)
provider = SamFunctionProvider(SamLocalStackProvider.get_stacks("template.yaml", language_extensions_enabled=True)[0])
functions = {name: provider.get(name) for name in file}
print(json.dumps({
    name: {
        "folder": function.codeuri,
        "variables": EnvironmentVariables(
            variables=function.environment["Variables"], override_values=file[name]
        ).resolve(),
    }
    for name, function in functions.items()
}))
"""


@pytest.mark.slow
def test_every_function_has_its_folder_and_every_variable_of_the_file_the_endpoint_too() -> None:
    """It passes on only variables that the template declares."""
    shared = template().shared_variables(AwsEndpointUrl="http://localhost")
    functions = template().of_type("AWS::Serverless::Function")
    file = {
        name: dict.fromkeys({*shared, *properties["Environment"]["Variables"]}, f"of {name}")
        for name, properties in functions.items()
    }
    done = subprocess.run(
        [str(PROJECT / ".tools" / "sam" / "bin" / "python"), "-c", RESOLVE], cwd=PROJECT, input=json.dumps(file),
        env={"AWS_DEFAULT_REGION": "ap-southeast-3"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    passed = {name: function["variables"] for name, function in found.items()}
    assert {name: {key: passed[name].get(key) for key in own} for name, own in file.items()} == file
    folders = {name: (PROJECT / function["folder"]).resolve() for name, function in found.items()}
    assert folders == {logical_id: template().folder(name) for name, logical_id in template().logical_ids().items()}
