"""What API Gateway itself refuses and the engine lets through, refused in the words of the template."""

import uuid

from orderbridge_cli.local.deployment.template import Json
from orderbridge_cli.local.front_door import Answer

_HEADER = "gatewayresponse.header."


def too_large(template: Json) -> Answer:
    """The template's own gateway response for a body over API Gateway's 10 MB."""
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::ApiGateway::GatewayResponse" and properties["ResponseType"] == "REQUEST_TOO_LARGE":
            headers = tuple(
                (name.removeprefix(_HEADER).encode(), value.strip("'").encode())
                for name, value in properties.get("ResponseParameters", {}).items()
                if name.startswith(_HEADER)
            )
            body = properties["ResponseTemplates"]["application/json"].replace("$context.requestId", str(uuid.uuid4()))
            return Answer(int(properties.get("StatusCode", 413)), headers, body.encode())
    return Answer(413, ((b"Content-Type", b"application/json"),), b'{"message": "Request Too Long"}')
