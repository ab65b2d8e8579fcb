"""How a Lambda function meets the use cases: the API, queues, the stream, schedules; environment and log."""
