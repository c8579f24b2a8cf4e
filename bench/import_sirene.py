"""Measure `import_sirene` against a bare `COPY` of the same file, in the same run.

Everything happens in a state folder of its own, so that no real register is touched; the import
runs in a process of its own, whose peak memory is read once it has ended.
"""
# ruff: noqa: PLC0415 -- Django is set up before its models are imported

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(rows: int = 1_000_000) -> dict[str, float]:
    """Print and return the seconds of both, their ratio, and the peak memory in MB."""
    with tempfile.TemporaryDirectory(prefix="emn-bench-") as folder:
        Path(folder).chmod(0o755)  # started by root, PostgreSQL runs under another account
        measured = subprocess.run(
            [sys.executable, "-m", "bench.import_sirene", str(rows), folder],
            cwd=ROOT,
            env=os.environ | {"EMN_DATA_DIR": f"{folder}/var", "EMN_DEPARTEMENT": "57"},
            check=True,
            stdout=subprocess.PIPE,
        )
    result = json.loads(measured.stdout)
    print(
        f"import_sirene, {rows} établissements : COPY nu {result['copy_s']} s, import "
        f"{result['import_s']} s, rapport {result['ratio']}, mémoire {result['peak_mb']} Mo"
    )
    return result


def measure(rows: int, folder: Path) -> dict[str, float]:
    """Copy, import, copy again; the bare copy counts as the mean of its two runs."""
    import django

    from bench.sirene_generator import write_establishments

    file = folder / "StockEtablissement_utf8.csv"
    write_establishments(file, rows=rows)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")
    django.setup()
    from django.core.management import call_command

    from emn.territory.services.reference import sync_reference

    call_command("migrate", verbosity=0)
    sync_reference(write=True)
    before = _bare_copy(file)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "manage.py", "import_sirene", "--write", str(file)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    imported = time.perf_counter() - started
    copied = (before + _bare_copy(file)) / 2
    return {
        "rows": rows,
        "copy_s": round(copied, 2),
        "import_s": round(imported, 2),
        "ratio": round(imported / copied, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
    }


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
    print(json.dumps(measure(int(sys.argv[1]), Path(sys.argv[2]))))
