"""Measure `import_sirene` against a bare `COPY` of the same file, in the same run.

Everything happens in a state folder of its own, so that no real register is touched. The import
runs in a process of its own, for its peak memory; like the copy, it is timed once Django is ready.
"""
# ruff: noqa: PLC0415 -- Django is set up before its models are imported

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(rows: int = 1_000_000) -> dict[str, float]:
    """Print and return the seconds of both, their ratio, and the peak memory in MB."""
    with tempfile.TemporaryDirectory(prefix="emn-bench-") as folder:
        Path(folder).chmod(0o755)  # started by root, PostgreSQL runs under another account
        result = json.loads(
            _child(
                "compare",
                folder,
                str(rows),
                EMN_DATA_DIR=f"{folder}/var",
                EMN_DEPARTEMENT="57",
                DJANGO_SETTINGS_MODULE="emn.settings",
            )
        )
    print(
        f"import_sirene, {rows} établissements : COPY nu {result['copy_s']} s, import "
        f"{result['import_s']} s, rapport {result['ratio']}, mémoire {result['peak_mb']} Mo"
    )
    return result


def compare(folder: Path, rows: int) -> dict[str, float]:
    """Copy, import, copy again; the bare copy counts as the mean of its two runs."""
    import django

    from bench.sirene_generator import write_establishments

    file = folder / "StockEtablissement_utf8.csv"
    write_establishments(file, rows=rows)
    django.setup()
    from django.core.management import call_command

    from emn.territory.services.reference import sync_reference

    call_command("migrate", verbosity=0)
    sync_reference(write=True)
    before = _bare_copy(file)
    imported = json.loads(_child("import", str(file)))
    copied = (before + _bare_copy(file)) / 2
    return {
        "rows": rows,
        "copy_s": round(copied, 2),
        "ratio": round(imported["import_s"] / copied, 2),
        **imported,
    }


def measure_import(file: Path) -> dict[str, float]:
    """Import the file as the command does; return seconds, and the peak memory of this process."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    connection.ensure_connection()
    started = time.perf_counter()
    call_command("import_sirene", str(file), write=True, stdout=StringIO())
    return {
        "import_s": round(time.perf_counter() - started, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def _child(*arguments: str, **environment: str) -> str:
    """Run this module in another process and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.import_sirene", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def _bare_copy(file: Path) -> float:
    """Copy the file into a table of texts, and drop it; return the seconds of the copy."""
    from django.db import connection

    from bench.sirene_generator import ESTABLISHMENT_COLUMNS

    columns = ", ".join(f'"{name}" text' for name in ESTABLISHMENT_COLUMNS)
    with connection.cursor() as cursor, file.open("rb") as source:
        cursor.execute(f"CREATE TABLE bench_copy ({columns})")
        started = time.perf_counter()
        cursor.copy_expert("COPY bench_copy FROM STDIN (FORMAT csv, HEADER)", source)
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_copy")
    return seconds


if __name__ == "__main__":
    if sys.argv[1] == "compare":
        figures = compare(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        figures = measure_import(Path(sys.argv[2]))
    print(json.dumps(figures))
