"""The AWS that the tables, queues and secrets of every package are on, and the only place that imports boto3."""
