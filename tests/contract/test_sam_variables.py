"""What SAM CLI itself makes of the template's variables; it passes on only those that the template declares."""

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
print(json.dumps({
    name: EnvironmentVariables(variables=provider.get(name).environment["Variables"], override_values=own).resolve()
    for name, own in file.items()
}))
"""


@pytest.mark.slow
def test_every_variable_of_the_file_reaches_its_function_the_endpoint_too() -> None:
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
    passed = json.loads(done.stdout)
    assert {name: {key: passed[name].get(key) for key in own} for name, own in file.items()} == file
