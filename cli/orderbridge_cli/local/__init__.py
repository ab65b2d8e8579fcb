"""The local stack: template.yaml deployed on this machine, without Docker and without an AWS account."""
