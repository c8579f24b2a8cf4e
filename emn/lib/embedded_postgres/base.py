"""The engine Django loads: its PostgreSQL one, after making sure that the server runs."""

from typing import Any

from django.db.backends.postgresql import base

from emn.lib.embedded_postgres.server import server_of


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects as Django does, to a server that the first connection starts."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        server_of(str(self.settings_dict["HOST"])).ensure_running()
        return super().get_new_connection(conn_params)
