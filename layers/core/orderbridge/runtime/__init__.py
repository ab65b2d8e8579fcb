"""How a Lambda function meets the use cases: environment, log, HTTP, and the building of the ports."""
