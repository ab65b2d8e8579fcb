"""How a call to AWS fails, for those who may not import botocore."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

AWS_FAILURES = (BotoCoreError, ClientError)
