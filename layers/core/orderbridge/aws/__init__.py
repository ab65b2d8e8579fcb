"""The AWS that the tables, queues and secrets of every package stand on, and the only place that imports boto3."""
