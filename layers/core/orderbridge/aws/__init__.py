"""The AWS side of the ports, and the only place that imports boto3."""
