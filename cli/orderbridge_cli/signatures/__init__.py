"""Why a partner's signature is refused. The API knows only that it is; the reasons are for the operator's command."""
