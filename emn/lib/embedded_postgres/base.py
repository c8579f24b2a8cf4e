"""The engine Django loads: the portal’s PostgreSQL one, after making sure that the server runs."""

from typing import Any

from emn.lib.embedded_postgres.server import server_of
from emn.lib.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects to a server that the first connection starts."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        server_of(str(self.settings_dict["HOST"])).ensure_running()
        return super().get_new_connection(conn_params)
